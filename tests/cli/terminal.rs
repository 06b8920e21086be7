//! The program on a terminal of its own: what is typed there, and what it shows.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty};

use crate::program::Call;

/// Longest wait for something that should be shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys.
pub const ENTER: &str = "\r";
pub const DOWN: &str = "\x1b[B";
const CTRL_C: &str = "\x03";

/// A call of the program on a terminal of 80 columns.
pub struct Terminal {
    pub folder: tempfile::TempDir,
    child: Child,
    keyboard: Arc<Pty>,
    shown: Receiver<Vec<u8>>,
    screen: Vec<u8>,
    /// Where what was not waited for yet begins.
    seen: usize,
}

/// How the program ended.
pub struct Ended {
    pub code: Option<i32>,
    /// Everything that was shown, with the terminal's control sequences.
    pub screen: String,
    pub folder: tempfile::TempDir,
}

impl Terminal {
    pub fn start(call: Call) -> Self {
        let Call { folder, mut command } = call;
        command.env("TERM", "xterm");
        let (pty, program_side) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let child = Command::from(command).spawn(program_side).unwrap();
        let keyboard = Arc::new(pty);
        let (sender, shown) = channel();
        let output = Arc::clone(&keyboard);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails when the program has ended.
            while let Ok(length @ 1..) = (&*output).read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { folder, child, keyboard, shown, screen: Vec::new(), seen: 0 }
    }

    /// Waits until this text is shown after what was waited for before.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let until = Instant::now() + PATIENCE;
        loop {
            let new = String::from_utf8_lossy(&self.screen[self.seen..]).into_owned();
            if let Some(at) = new.find(text) {
                self.seen += at + text.len();
                return self;
            }
            match self.shown.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(more) => self.screen.extend(more),
                Err(_) => panic!("`{text}` is not shown:\n{}", String::from_utf8_lossy(&self.screen)),
            }
        }
    }

    pub fn types(&mut self, keys: &str) -> &mut Self {
        (&*self.keyboard).write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Presses Ctrl-C until the program has ended: one that comes just before a question listens is not heard.
    pub fn interrupt(&mut self) -> &mut Self {
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                Instant::now() < until,
                "Ctrl-C is not heard:\n{}",
                String::from_utf8_lossy(&self.screen)
            );
            self.types(CTRL_C);
            thread::sleep(Duration::from_millis(500));
        }
        self
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn ends(mut self) -> Ended {
        loop {
            match self.shown.recv_timeout(PATIENCE) {
                Ok(more) => self.screen.extend(more),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("does not end:\n{}", String::from_utf8_lossy(&self.screen));
                }
            }
        }
        let code = self.child.wait().unwrap().code();
        Ended { code, screen: String::from_utf8_lossy(&self.screen).into_owned(), folder: self.folder }
    }
}

impl Ended {
    /// True when the cursor can be seen, as it could before.
    pub fn has_a_cursor(&self) -> bool {
        self.screen.rfind("\x1b[?25h") >= self.screen.rfind("\x1b[?25l")
    }
}
