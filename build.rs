//! Scenarios and profiles are compiled in, and a new file is no change of a file that cargo knows.

fn main() {
    for folder in ["scenarios", "src/entra/mapping/profiles"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
