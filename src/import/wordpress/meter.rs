use std::io::{self, BufRead, Read};

/// Counts bytes and lines as they are consumed, and stops a piece of markup that never ends.
pub struct Meter<R> {
    inner: R,
    position: u64,
    line: u64,
    piece_bytes: usize,
    max_piece_bytes: usize,
}

impl<R> Meter<R> {
    /// Wraps a reader; a piece (a tag, a text, a CDATA section) may hold `max_piece_bytes`.
    pub fn new(inner: R, max_piece_bytes: usize) -> Self {
        Self {
            inner,
            position: 0,
            line: 1,
            piece_bytes: 0,
            max_piece_bytes,
        }
    }

    /// Gives the number of bytes consumed.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Gives the line of the next byte, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Starts the count of the next piece.
    pub fn start_piece(&mut self) {
        self.piece_bytes = 0;
    }

    /// Says whether the current piece is longer than allowed.
    pub fn is_over(&self) -> bool {
        self.piece_bytes > self.max_piece_bytes
    }
}

impl<R: BufRead> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_over() {
            return Err(io::Error::other("a piece of the file is too large"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // A filled buffer is given again without reading, so there is no error to lose here.
        if let Ok(buffer) = self.inner.fill_buf() {
            let consumed = &buffer[..count.min(buffer.len())];
            let newlines = consumed.iter().filter(|byte| **byte == b'\n').count();
            self.line += newlines as u64;
        }
        self.position += count as u64;
        self.piece_bytes += count;
        self.inner.consume(count);
    }
}

impl<R: BufRead> Read for Meter<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(target.len());
        target[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_bytes_are_counted_as_they_are_consumed() {
        let mut meter = Meter::new(&b"one\ntwo\nthree"[..], 100);
        assert_eq!(meter.line(), 1);
        meter.consume(4);
        assert_eq!((meter.line(), meter.position()), (2, 4));
        meter.consume(9);
        assert_eq!((meter.line(), meter.position()), (3, 13));
    }

    #[test]
    fn a_piece_longer_than_allowed_is_an_error_until_the_next_piece() {
        let mut meter = Meter::new(&b"abcdef"[..], 2);
        meter.consume(3);
        assert!(meter.is_over());
        assert!(meter.fill_buf().is_err());
        meter.start_piece();
        assert!(meter.fill_buf().is_ok());
    }
}
