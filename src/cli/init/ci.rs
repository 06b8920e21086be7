//! The job for a CI system (docs/ci.md).

use std::fs;
use std::path::Path;

use super::answers::{Answers, TOKEN, TokenPlace};
use super::files::Written;
use crate::cli::failure::CommandFailure;

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum CiSystem {
    Github,
    Gitlab,
    Azure,
    Jenkins,
    None,
}

impl CiSystem {
    pub(super) const ALL: [CiSystem; 5] =
        [CiSystem::Github, CiSystem::Gitlab, CiSystem::Azure, CiSystem::Jenkins, CiSystem::None];

    /// Its name for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            CiSystem::Github => "GitHub Actions",
            CiSystem::Gitlab => "GitLab",
            CiSystem::Azure => "Azure Pipelines",
            CiSystem::Jenkins => "Jenkins",
            CiSystem::None => "none",
        }
    }

    /// The system whose files are in the folder.
    pub(super) fn found_in(folder: &Path) -> Self {
        let has = |name: &str| folder.join(name).exists();
        let on_github = || {
            let remotes = fs::read_to_string(folder.join(".git/config")).unwrap_or_default();
            remotes.lines().any(|line| line.trim_start().starts_with("url") && line.contains("github.com"))
        };
        if has(".github") {
            CiSystem::Github
        } else if has(".gitlab-ci.yml") {
            CiSystem::Gitlab
        } else if has("azure-pipelines.yml") {
            CiSystem::Azure
        } else if has("Jenkinsfile") {
            CiSystem::Jenkins
        } else if on_github() {
            CiSystem::Github
        } else {
            CiSystem::None
        }
    }
}

/// Writes the job, and says how the system gets to know it. A file that the system has already is not touched.
pub(super) fn write(
    written: &mut Written,
    answers: &Answers,
    left_to_do: &mut Vec<String>,
) -> Result<(), CommandFailure> {
    let (name, text, then) = match answers.ci {
        CiSystem::None => return Ok(()),
        CiSystem::Github => (".github/workflows/scimulate.yml", github(answers), ""),
        CiSystem::Gitlab => (
            "scimulate.gitlab-ci.yml",
            gitlab(answers),
            "add `include: [{ local: scimulate.gitlab-ci.yml }]` to .gitlab-ci.yml",
        ),
        CiSystem::Azure => (
            "scimulate.azure-pipelines.yml",
            azure(answers),
            "add `- template: scimulate.azure-pipelines.yml` below `steps:` in azure-pipelines.yml",
        ),
        CiSystem::Jenkins => (
            "scimulate.Jenkinsfile",
            jenkins(answers),
            "create a pipeline whose script path is scimulate.Jenkinsfile, or copy its stage into your Jenkinsfile",
        ),
    };
    written.file(name, &text)?;
    if !then.is_empty() {
        left_to_do.push(then.to_owned());
    }
    let system = answers.ci.title();
    left_to_do.push(format!("in {system}: install scimulate before the job, and keep the token as a secret"));
    if answers.url.is_loopback() {
        left_to_do
            .push(format!("in {system}: start the server before the job, or set `exec` in scimulate.toml"));
    }
    Ok(())
}

/// The run, in words that every system takes.
fn command(answers: &Answers, more: &str) -> String {
    let consent = if answers.url.is_loopback() || answers.writes { "" } else { " --yes" };
    format!("scimulate run{consent} --html scimulate.html --junit scimulate.xml{more}")
}

/// The name of the secret at the CI system.
fn secret(answers: &Answers) -> &str {
    match &answers.token {
        TokenPlace::Variable(name) => name,
        TokenPlace::File(..) => TOKEN,
    }
}

fn github(answers: &Answers) -> String {
    format!(
        "name: SCIM\n\
         on: [push, pull_request]\n\
         permissions:\n  contents: read\n\
         jobs:\n  \
           scimulate:\n    \
             runs-on: ubuntu-latest\n    \
             steps:\n      \
               - uses: actions/checkout@v4\n      \
               # Install scimulate here, and start your server, or set `exec` in scimulate.toml.\n      \
               - run: {}\n        \
                 env:\n          \
                   {TOKEN}: ${{{{ secrets.{} }}}}\n      \
               - uses: actions/upload-artifact@v4\n        \
                 if: always()\n        \
                 with:\n          \
                   name: scimulate\n          \
                   path: scimulate.html\n",
        command(answers, " --github"),
        secret(answers)
    )
}

fn gitlab(answers: &Answers) -> String {
    let name = secret(answers);
    // GitLab gives the variables of its settings to every job.
    let variables = match name == TOKEN {
        true => String::new(),
        false => format!("  variables:\n    {TOKEN}: ${name}\n"),
    };
    format!(
        "scimulate:\n{variables}  \
           script:\n    \
             # Install scimulate here, and start your server, or set `exec` in scimulate.toml.\n    \
             - {}\n  \
           artifacts:\n    \
             when: always\n    \
             paths: [scimulate.html]\n    \
             reports:\n      \
               junit: scimulate.xml\n",
        command(answers, "")
    )
}

fn azure(answers: &Answers) -> String {
    format!(
        "steps:\n  \
           # Install scimulate here, and start your server, or set `exec` in scimulate.toml.\n  \
           - script: {}\n    \
             env:\n      \
               {TOKEN}: $({})\n  \
           - task: PublishTestResults@2\n    \
             condition: always()\n    \
             inputs:\n      \
               testResultsFormat: JUnit\n      \
               testResultsFiles: scimulate.xml\n  \
           - publish: scimulate.html\n    \
             artifact: scimulate\n    \
             condition: always()\n",
        command(answers, ""),
        secret(answers)
    )
}

fn jenkins(answers: &Answers) -> String {
    format!(
        "pipeline {{\n  \
           agent any\n  \
           environment {{ {TOKEN} = credentials('{}') }}\n  \
           stages {{\n    \
             stage('scimulate') {{\n      \
               steps {{\n        \
                 // Install scimulate here, and start your server, or set `exec` in scimulate.toml.\n        \
                 sh '{}'\n      \
               }}\n    \
             }}\n  \
           }}\n  \
           post {{\n    \
             always {{\n      \
               junit 'scimulate.xml'\n      \
               archiveArtifacts 'scimulate.html'\n    \
             }}\n  \
           }}\n\
         }}\n",
        secret(answers),
        command(answers, "")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_yaml_and_runs_with_the_token_of_the_secret() {
        let answers = Answers {
            url: crate::http::TenantUrl::parse("https://scim.example.com/v2").unwrap(),
            token: TokenPlace::Variable("MY_TOKEN".into()),
            cacert: None,
            ci: CiSystem::None,
            writes: false,
        };
        for (text, secret) in [
            (github(&answers), "/jobs/scimulate/steps/1/env/SCIMULATE_TOKEN"),
            (gitlab(&answers), "/scimulate/variables/SCIMULATE_TOKEN"),
            (azure(&answers), "/steps/0/env/SCIMULATE_TOKEN"),
        ] {
            let job = crate::yaml::parse("job.yml", &text).unwrap().to_json();
            let secret = job.pointer(secret).and_then(serde_json::Value::as_str);
            assert!(secret.is_some_and(|secret| secret.contains("MY_TOKEN")), "{text}");
            assert!(job.to_string().contains("scimulate run --yes --html"), "{text}");
        }
        assert!(jenkins(&answers).contains("credentials('MY_TOKEN')"));
    }

    #[test]
    fn the_system_is_told_by_its_files() {
        let found = |files: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            for name in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "[remote \"origin\"]\n\turl = git@github.com:acme/scim.git\n").unwrap();
            }
            CiSystem::found_in(folder.path())
        };
        assert_eq!(found(&[]), CiSystem::None);
        assert_eq!(found(&[".github/workflows/a.yml", ".gitlab-ci.yml"]), CiSystem::Github);
        assert_eq!(found(&[".gitlab-ci.yml"]), CiSystem::Gitlab);
        assert_eq!(found(&["azure-pipelines.yml"]), CiSystem::Azure);
        assert_eq!(found(&["Jenkinsfile", ".git/config"]), CiSystem::Jenkins);
        assert_eq!(found(&[".git/config"]), CiSystem::Github);
    }
}
