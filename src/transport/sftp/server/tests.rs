//! Any requests in a session without a wire: see `played`, which judges.

use proptest::prelude::*;

use super::played::play;

/// The bytes of a request: length, type, id, and what follows.
fn request(kind: u8, id: u32, rest: &[u8]) -> Vec<u8> {
    let length = rest.len() as u32 + 5;
    [&length.to_be_bytes()[..], &[kind], &id.to_be_bytes(), rest].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat()
}

const PATHS: [&str; 9] = [
    "/inbox/a",
    "/inbox/b",
    "/inbox/c.tmp",
    "/inbox/a.ok",
    "/outbox/x",
    "/inbox",
    "/",
    "/inbox/../outbox/x",
    "/nowhere/y",
];

fn paths() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => prop::sample::select(&PATHS[..]).prop_map(text), 1 => ".{0,12}".prop_map(|any| text(&any))]
}

/// A request that a client may send, or bytes of any kind.
fn requests() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let handle = || (1_u32..8).prop_map(|handle| text(&handle.to_string()));
    let open =
        (paths(), 0_u32..64).prop_map(|(path, flags)| (3, [path, flags.to_be_bytes().into(), vec![0; 4]].concat()));
    let put = paths().prop_map(|path| (3, [path, 26_u32.to_be_bytes().into(), vec![0; 4]].concat()));
    let write = (handle(), 0_u64..40, ".{0,20}")
        .prop_map(|(handle, offset, data)| (6, [handle, offset.to_be_bytes().into(), text(&data)].concat()));
    let read = (handle(), 0_u64..40)
        .prop_map(|(handle, offset)| (5, [handle, offset.to_be_bytes().into(), vec![0, 1, 0, 0]].concat()));
    let rename = (paths(), paths()).prop_map(|(from, to)| (18, [from, to].concat()));
    let posix = (paths(), paths()).prop_map(|(from, to)| (200, [text("posix-rename@openssh.com"), from, to].concat()));
    prop_oneof![
        2 => open,
        4 => put,
        6 => write,
        4 => handle().prop_map(|handle| (4, handle)),
        1 => read,
        2 => rename,
        1 => posix,
        1 => paths().prop_map(|path| (13, path)),
        1 => (prop::sample::select(&[7_u8, 11, 14, 15, 16, 17, 19][..]), paths()),
        1 => (prop::sample::select(&[8_u8, 12][..]), handle()),
        1 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)),
    ]
}

proptest! {
    #[test]
    fn every_request_has_its_answer(requests in prop::collection::vec(requests(), 0..60)) {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("crossdock-desk-{}-{count}", std::process::id()));
        let packet = |(id, (kind, rest)): (usize, &(u8, Vec<u8>))| request(*kind, id as u32 + 1, rest);
        let sent: Vec<u8> = requests.iter().enumerate().flat_map(packet).collect();
        play(&home, &sent);
    }
}
