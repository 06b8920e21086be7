//! Random histories: directories, mappings and changes drawn from a seed and played against the target. Rules judge
//! every answer and the oracle every end state. A failing history is shrunk to the fewest steps and written as a
//! scenario file.
//!
//! This room draws histories, shrinks them and writes them as files. The caller passes the function that plays them.

mod draw;
mod exploration;
mod history;
mod sense;
mod shrink;
mod symptom;
mod values;
mod write;

pub use draw::Drawer;
pub use exploration::{Exploration, ExplorationSettings, Explored, Failure, file, id, scenario};
pub use history::History;
pub use symptom::Symptom;
