//! The loop of a session: requests are read, done in their order, and answered.
//!
//! Two hands work at a time, so that none waits for the other longer than it must: one reads requests, one does them, many at
//! once where the client sent many, and hands over the answers. What lies between them and before the wire is bounded in bytes.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use russh_sftp::protocol::Packet;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{Semaphore, watch};

use super::LARGEST_PACKET;
use super::desk::{Answer, Desk, LARGEST_READ, Later};
use super::untaken::Untaken;
use crate::transport::DropBox;

/// Bytes that requests may take that wait to be done. Some clients ask for all of a file at once, a few bytes for each piece.
const WAITING: usize = 4 << 20;
/// Bytes that a request takes beside its own.
const EACH: usize = 64;
/// Requests done together; no more once they move the bytes that one may.
const TOGETHER: usize = 64;

/// Why a session ended before its client wanted it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// What came is no packet of the protocol.
    Garbled,
    /// The connection is gone.
    Gone,
    /// Its client took no answers.
    Untaken,
}

/// What a session may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Bytes a second, both ways together.
    pub(super) bytes_per_second: Option<u64>,
    /// A client that lets us wait so long is done with.
    pub(super) idle: Duration,
}

/// Serves a session until its client ends it, or `stop`: then what was begun is done and answered.
pub(super) async fn serve<G: DropBox>(
    channel: Channel<Msg>,
    desk: Desk<G>,
    (pace, untaken): (Pace, &Untaken),
    stop: watch::Receiver<bool>,
) -> Result<(), Ended> {
    let (incoming, outgoing) = channel.split();
    let (requests, to_do) = mpsc::unbounded_channel();
    let waiting = Semaphore::new(WAITING);
    let mut reading = pin!(read(incoming, requests, &waiting, pace.idle));
    let mut serving = pin!(work(desk, (to_do, &waiting), (&outgoing, untaken), pace.bytes_per_second, stop));
    let ended = tokio::select! {
        ended = &mut serving => ended,
        // What came before the end is done all the same: many a client closes its file and hangs up without a look.
        ended = &mut reading => serving.await.and(ended),
    };
    if ended == Err(Ended::Untaken) {
        // It would take no farewell either.
        untaken.give_up();
        return ended;
    }
    // The client may be gone already.
    drop(outgoing.eof().await);
    drop(outgoing.exit_status(u32::from(ended.is_err())).await);
    drop(outgoing.close().await);
    ended
}

async fn read(
    mut channel: ChannelReadHalf,
    requests: UnboundedSender<Bytes>,
    waiting: &Semaphore,
    idle: Duration,
) -> Result<(), Ended> {
    let mut buffer = BytesMut::new();
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Data { data }) => buffer.extend_from_slice(&data),
            Some(ChannelMsg::Eof | ChannelMsg::Close) => return Ok(()),
            Some(_) => continue,
            None => return Err(Ended::Gone),
        }
        while let Some(packet) = split(&mut buffer)? {
            let cost = u32::try_from(packet.len() + EACH).unwrap_or(u32::MAX);
            let room = tokio::time::timeout(idle, waiting.acquire_many(cost)).await;
            room.map_err(|_| Ended::Gone)?.map_err(|_| Ended::Gone)?.forget();
            requests.send(packet).map_err(|_| Ended::Gone)?;
        }
    }
}

/// Takes a packet, without its length, from the begin of what came.
pub(super) fn split(buffer: &mut BytesMut) -> Result<Option<Bytes>, Ended> {
    let Some((length, _)) = buffer.split_first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*length);
    if length == 0 || length > LARGEST_PACKET {
        return Err(Ended::Garbled);
    }
    let end = 4 + length as usize;
    if buffer.len() < end {
        buffer.reserve(end - buffer.len());
        return Ok(None);
    }
    let packet = buffer.split_to(end).freeze();
    Ok(Some(packet.slice(4..)))
}

/// Reads a request; answers are none.
pub(super) fn decode(packet: &mut Bytes) -> Option<Packet> {
    let is_request = matches!(packet.first(), Some(1 | 3..=20 | 200));
    is_request.then(|| Packet::try_from(packet).ok()).flatten()
}

async fn work<G: DropBox>(
    mut desk: Desk<G>,
    (mut to_do, waiting): (UnboundedReceiver<Bytes>, &Semaphore),
    (channel, untaken): (&ChannelWriteHalf<Msg>, &Untaken),
    bytes_per_second: Option<u64>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Ended> {
    let mut due = Instant::now();
    loop {
        let first = tokio::select! {
            first = to_do.recv() => first,
            () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
        };
        let Some(first) = first else { return Ok(()) };
        let Gathered { packets, cost, garbled } = gather(first, &mut to_do);
        let count = packets.len();
        let (mut rest, mut moved) = (packets.into_iter(), cost);
        while let Some(next) = rest.as_slice().first() {
            let many = tokio::select! {
                many = untaken.room() => many,
                () = untaken.stalled() => return Err(Ended::Untaken),
            };
            let (mut done, later) = if desk.waits_for_disk(next) {
                let work = tokio::task::spawn_blocking(move || {
                    let answered = answer(&mut desk, &mut rest, if many { TOGETHER } else { 1 });
                    (desk, rest, answered)
                });
                let (back, left, answered) = work.await.map_err(|_| Ended::Gone)?;
                (desk, rest) = (back, left);
                answered
            } else {
                answer(&mut desk, &mut rest, 1)
            };
            if let Some(later) = later {
                // Done to its end also when the session is gone meanwhile.
                done.push(tokio::spawn(later).await.map_err(|_| Ended::Gone)?);
            }
            for packet in done {
                let bytes = Bytes::try_from(packet).map_err(|_| Ended::Garbled)?;
                moved += bytes.len();
                untaken.add(bytes.len());
                // Who is gone is not answered, but what it asked for before is done.
                tokio::select! {
                    _ = channel.data_bytes(bytes) => {}
                    () = untaken.ended() => {}
                    () = untaken.stalled() => return Err(Ended::Untaken),
                }
            }
        }
        waiting.add_permits(cost + count * EACH);
        if garbled {
            return Err(Ended::Garbled);
        }
        if let Some(most) = bytes_per_second {
            due = due.max(Instant::now()) + Duration::from_secs_f64(moved as f64 / most as f64);
            tokio::time::sleep_until(due.into()).await;
        }
    }
}

/// Answers requests, at most so many, and none behind one whose answer is to be awaited.
fn answer<G: DropBox>(
    desk: &mut Desk<G>,
    requests: &mut std::vec::IntoIter<Packet>,
    most: usize,
) -> (Vec<Packet>, Option<Later>) {
    let mut done = Vec::new();
    for packet in requests.take(most) {
        match desk.answer(packet) {
            Answer::Now(packet) => done.push(packet),
            Answer::Later(later) => return (done, Some(later)),
        }
    }
    (done, None)
}

/// Requests to be done together.
struct Gathered {
    packets: Vec<Packet>,
    /// Bytes that they took.
    cost: usize,
    /// What came behind them is no request.
    garbled: bool,
}

/// The requests that came with this one.
fn gather(first: Bytes, more: &mut UnboundedReceiver<Bytes>) -> Gathered {
    let mut gathered = Gathered { packets: Vec::new(), cost: 0, garbled: false };
    let (mut next, mut moves) = (Some(first), 0);
    while let Some(mut bytes) = next {
        let cost = bytes.len();
        let Some(packet) = decode(&mut bytes) else {
            gathered.garbled = true;
            break;
        };
        moves += match &packet {
            Packet::Read(read) => read.len.min(LARGEST_READ) as usize,
            _ => cost,
        };
        gathered.cost += cost;
        gathered.packets.push(packet);
        let full = gathered.packets.len() == TOGETHER || moves >= LARGEST_READ as usize;
        next = if full { None } else { more.try_recv().ok() };
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_split_at_any_place_and_garbage_is_known() {
        let stat = [&[0, 0, 0, 11][..], &[17, 0, 0, 0, 7, 0, 0, 0, 2], b"/x"].concat();
        let mut buffer = BytesMut::new();
        let mut found = Vec::new();
        for byte in [stat.clone(), stat].concat() {
            buffer.extend_from_slice(&[byte]);
            while let Some(mut packet) = split(&mut buffer).unwrap() {
                found.push(decode(&mut packet).unwrap().get_request_id());
            }
        }
        assert_eq!(found, [7, 7]);
        for garbage in [[0, 0, 0, 0], [255; 4], [0, 4, 4, 1]] {
            assert_eq!(split(&mut BytesMut::from(&garbage[..])), Err(Ended::Garbled));
        }
        for no_request in [&[101, 0, 0, 0, 1][..], &[2, 0, 0, 0, 3], &[17, 0, 0, 0, 7, 255, 255, 255, 255], &[99], &[]]
        {
            assert!(decode(&mut Bytes::copy_from_slice(no_request)).is_none(), "{no_request:?}");
        }
    }
}
