//! Files that are given as input: regular files and pipes, up to a size. A device never ends, and a file
//! that was named by mistake must not fill the memory.

use std::fs::{File, FileType};
use std::io::{self, Read};
use std::path::Path;

/// Most bytes of what people write: configuration, mappings, expressions, waivers, certificates.
pub const WRITTEN: u64 = 16 << 20;

/// Most bytes of what programs write: directories, reports, the state of a job.
pub const RECORDED: u64 = 256 << 20;

/// Opens a file for reading, of which `most` bytes are read.
///
/// # Errors
/// When it cannot be opened, is neither a regular file nor a pipe, or is larger. A pipe tells its size
/// when it is read.
pub fn open(path: &Path, most: u64) -> io::Result<Limited<File>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !about.is_file() && !is_pipe(about.file_type()) {
        return Err(io::Error::other("it is neither a regular file nor a pipe"));
    }
    if about.is_file() && about.len() > most {
        return Err(too_large(most));
    }
    Ok(Limited::new(file, most))
}

/// Reads a file as bytes.
///
/// # Errors
/// As [`open`].
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, most)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file as text.
///
/// # Errors
/// As [`open`], and when it is not UTF-8.
pub fn text(path: &Path, most: u64) -> io::Result<String> {
    io::read_to_string(open(path, most)?)
}

/// Reads standard input as text.
///
/// # Errors
/// When it is larger, or not UTF-8.
pub fn standard_input(most: u64) -> io::Result<String> {
    io::read_to_string(Limited::new(io::stdin().lock(), most))
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

/// Elsewhere a pipe looks like neither.
#[cfg(not(unix))]
fn is_pipe(kind: FileType) -> bool {
    !kind.is_file() && !kind.is_dir() && !kind.is_symlink()
}

fn too_large(most: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", most >> 20))
}

/// A reader that fails where more than the limit follows.
#[derive(Debug)]
pub struct Limited<R> {
    inner: R,
    most: u64,
    left: u64,
}

impl<R: Read> Limited<R> {
    fn new(inner: R, most: u64) -> Self {
        Limited { inner, most, left: most }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more tells a file that ends at the limit from one that goes on.
        let room = usize::try_from(self.left.saturating_add(1)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..room])?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(too_large(self.most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: u64 = 1 << 20;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_one_beyond_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![b'a'; 1 << 20]).unwrap();
        assert_eq!(text(&path, SMALL).unwrap().len(), 1 << 20);
        std::fs::write(&path, vec![b'a'; (1 << 20) + 1]).unwrap();
        assert_eq!(bytes(&path, SMALL).unwrap_err().to_string(), "it is larger than 1 MiB");
        assert_eq!(open(folder.path(), SMALL).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(open(&path.join("none"), SMALL).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn what_grows_while_it_is_read_is_limited_too() {
        let mut all = Vec::new();
        let endless = Limited::new(io::repeat(b'a'), SMALL).read_to_end(&mut all).unwrap_err();
        assert_eq!((endless.kind(), all.len()), (io::ErrorKind::FileTooLarge, 1 << 20));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused_and_a_pipe_is_read() {
        let device = text(Path::new("/dev/zero"), SMALL).unwrap_err();
        assert_eq!(device.to_string(), "it is neither a regular file nor a pipe");
        let (reader, mut writer) = io::pipe().unwrap();
        io::Write::write_all(&mut writer, b"said").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        assert_eq!(text(Path::new(&path), SMALL).unwrap(), "said");
    }
}
