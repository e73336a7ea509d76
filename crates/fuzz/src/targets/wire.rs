//! What another host's bridge sends: the first byte selects which form the others are.
//!
//! What is accepted encodes to the same bytes.

use bridge::keys::{Key, Source};
use bridge::wire::{
    Announcement, Attachment, Description, Digest, DigestKind, History, Readers, RecordId,
    encode_digests,
};
use layout::{InstanceName, Record, Stu};
use region::State;

pub(super) fn run(input: &[u8]) {
    let Some((form, input)) = input.split_first() else { return };
    match form % 4 {
        0 => {
            let (attachment, record) = input.split_at(input.len().min(Attachment::LEN));
            if let Ok(decoded) = Attachment::decode(attachment, record) {
                assert_eq!(decoded.encode(), attachment);
            }
        }
        1 => {
            if let Ok(decoded) = Description::decode(input) {
                assert_eq!(decoded.encode(), input);
            }
        }
        2 => digest(input),
        _ => {
            let Ok(key) = std::str::from_utf8(input) else { return };
            if let Some(parsed) = Key::parse(key) {
                assert_eq!(parsed.to_string(), key);
            }
        }
    }
}

fn digest(input: &[u8]) {
    let Ok(Digest { kind, incarnation, number, chunk, chunks, entries }) = Digest::decode(input)
    else {
        return;
    };
    let encoded = encode_digests(kind, incarnation, number, &entries).concat();
    // Alone it is the first chunk of one; a longer one than a chunk is several again.
    if (chunk, chunks) == (0, 1) && input.len() <= 16 << 10 {
        assert_eq!(encoded, input);
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let id = RecordId { lineage: 3, order: 4, sequence: 5 };
    let readers = Readers::of_mode(0o640);
    let attachment = Attachment { len: 2, description: 7, id, time: 9, missed: 0, readers };
    let missed = Attachment { id: RecordId { order: 0, ..id }, missed: 6, ..attachment };
    let description =
        Description { route: vec!["hostA".to_owned()], instances: Some(7), schema: Stu::schema() };
    let history = Some(History { first_lineage: 2, base: 3, oldest: 4 });
    let entry = |path: &str, state, history| Announcement {
        path: path.to_owned(),
        state,
        id,
        history,
        readers,
    };
    let entries = [entry("stu", Some(State::Live), history), entry("net/eth0", None, None)];
    let digest = encode_digests(DigestKind::Full, 1, 2, &entries).concat();
    let instance = InstanceName::new("a/b").ok();
    let key = Key::Record(Source::new("hostA", "net"), instance).to_string();
    let with = |form: u8, bytes: &[u8]| [&[form], bytes].concat();
    vec![
        with(0, &[attachment.encode(), b"ab".to_vec()].concat()),
        with(0, &[missed.encode(), b"ab".to_vec()].concat()),
        with(1, &description.encode()),
        with(2, &digest),
        with(3, key.as_bytes()),
    ]
}
