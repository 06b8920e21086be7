//! Targets that cannot be reached, and `test-connection`.

use crate::deployment::{ADA, Deployment, GRACE, people};

#[test]
fn a_target_that_cannot_be_asked_says_so_by_the_exit_code() {
    let mut deployment = Deployment::new(&[]);
    let base = deployment.base.clone();
    let connection = deployment.play(&["test-connection", "--target", &base]);
    assert_eq!(connection.code, 0, "{}", connection.err);
    assert_eq!(deployment.play(&["test-connection"]).code, 2);
    deployment.token = "wrong".to_owned();
    let refused = deployment.play(&["test-connection", "--target", &base]);
    assert!(refused.code == 3 && refused.err.contains("Unauthorized"), "{}", refused.err);
    let played = deployment.sync(&people(&[ADA, GRACE]), &["--cycles", "40"]);
    assert_eq!(played.code, 3, "{}", played.err);
    // 6, 12 and 24 hours, then daily to the 28th day: 31 attempts, and then the job is disabled.
    assert!(played.out.contains("cycle 31 ") && !played.out.contains("cycle 32 "), "{}", played.out);
    assert!(played.out.contains("the job is disabled"), "{}", played.out);
    assert_eq!(played.out.matches("\n! ").count(), 1, "a lasting quarantine is told once: {}", played.out);
}
