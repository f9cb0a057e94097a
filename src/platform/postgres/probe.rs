use super::socket;
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// The user every connection logs in as, a superuser of its private cluster.
pub(super) const USER: &str = "masthead";
const PATIENCE: Duration = Duration::from_secs(2);

/// What a server says when somebody knocks at its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It takes connections.
    Ready,
    /// It is there, but starting, recovering, stopping or stuck.
    Busy,
    /// Nobody is there.
    Silent,
}

/// Knocks at the socket by logging in, for only that shows a server that works.
pub(super) fn ask(socket_dir: &Path) -> Answer {
    match UnixStream::connect(socket_dir.join(socket::NAME)) {
        Ok(stream) => greet(stream).unwrap_or(Answer::Busy),
        Err(_) => Answer::Silent,
    }
}

fn greet(mut stream: UnixStream) -> std::io::Result<Answer> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&startup_message())?;
    let mut reply = [0; 1024];
    let length = stream.read(&mut reply)?;
    // Terminate, so that the server does not log a lost connection.
    let _ = stream.write_all(&[b'X', 0, 0, 0, 4]);
    Ok(judge(&reply[..length]))
}

fn startup_message() -> Vec<u8> {
    let words = format!("user\0{USER}\0database\0postgres\0\0");
    let mut message = Vec::new();
    message.extend(
        u32::try_from(words.len() + 8)
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    message.extend(0x0003_0000_u32.to_be_bytes());
    message.extend(words.as_bytes());
    message
}

fn judge(reply: &[u8]) -> Answer {
    let cannot_connect_now = reply.windows(7).any(|window| window == b"C57P03\0");
    match reply.first() {
        Some(b'R') => Answer::Ready,
        // Any other refusal, such as too many clients, comes from a server that works.
        Some(b'E') if !cannot_connect_now => Answer::Ready,
        _ => Answer::Busy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_lets_in_or_refuses_for_a_reason_is_ready() {
        assert_eq!(judge(b"R\0\0\0\x08\0\0\0\0"), Answer::Ready);
        assert_eq!(
            judge(b"E\0\0\0\x30SFATAL\0VFATAL\0C53300\0Msorry\0\0"),
            Answer::Ready
        );
        assert_eq!(
            judge(b"E\0\0\0\x30SFATAL\0VFATAL\0C57P03\0Mstarting up\0\0"),
            Answer::Busy
        );
        assert_eq!(judge(b""), Answer::Busy);
    }

    #[test]
    fn the_startup_message_counts_itself() {
        let message = startup_message();
        assert_eq!(
            message[..4],
            u32::try_from(message.len()).unwrap().to_be_bytes()
        );
    }
}
