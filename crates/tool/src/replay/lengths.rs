//! Whether the lengths in the body of a record are inside it.
//!
//! The crate `mcap` reserves memory for the length that a text only claims, up to 4 GiB, before it reads the text. So the
//! lengths are compared with the body first.

use mcap::records::op;

/// What is in front of the bytes of a text or a map: their number.
const LEN: usize = 4;

/// Whether every text of the record is inside `body`.
pub(crate) fn are_inside(op: u8, body: &[u8]) -> bool {
    let inside = match op {
        // id; name, encoding; data
        op::SCHEMA => text(body.get(2..)).and_then(|rest| text(Some(rest))),
        // id, schema; topic, encoding; metadata
        op::CHANNEL => channel(body),
        // times, size, checksum; compression; records
        op::CHUNK => text(body.get(28..)),
        _ => Some(body),
    };
    inside.is_some()
}

fn channel(body: &[u8]) -> Option<&[u8]> {
    let rest = text(text(body.get(4..)));
    let (mut map, rest) = counted(rest?)?;
    while !map.is_empty() {
        map = text(text(Some(map)))?;
    }
    Some(rest)
}

/// What is behind the text that `body` begins with.
fn text(body: Option<&[u8]>) -> Option<&[u8]> {
    counted(body?).map(|(_, rest)| rest)
}

/// As many bytes as the number in front of them says, and what is behind them.
fn counted(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = body.split_first_chunk::<LEN>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)
}

#[cfg(test)]
mod tests {
    use mcap::records::op;

    use super::are_inside;

    /// A text, with `more` added to its length.
    fn text(text: &str, more: u32) -> Vec<u8> {
        let len = u32::try_from(text.len()).expect("short").wrapping_add(more);
        [&len.to_le_bytes()[..], text.as_bytes()].concat()
    }

    #[test]
    fn a_text_that_ends_outside_of_its_record_is_found_wherever_it_is() {
        let schema = |more: [u32; 2]| [vec![0; 2], text("n", more[0]), text("e", more[1])].concat();
        assert!(are_inside(op::SCHEMA, &schema([0, 0])));
        assert!(
            !are_inside(op::SCHEMA, &schema([9, 0])) && !are_inside(op::SCHEMA, &schema([0, 1]))
        );
        let channel = |more: [u32; 3]| {
            let map = [text("k", 0), text("v", more[1])].concat();
            let map = [&text("", 10 + more[2])[..], &map].concat();
            [vec![0; 4], text("t", more[0]), text("json", 0), map].concat()
        };
        assert!(are_inside(op::CHANNEL, &channel([0; 3])));
        for more in [[u32::MAX, 0, 0], [0, 1, 0], [0, 0, 1], [0, u32::MAX, 0]] {
            assert!(!are_inside(op::CHANNEL, &channel(more)), "{more:?}");
        }
        let chunk = |more| [vec![0; 28], text("zstd", more)].concat();
        assert!(are_inside(op::CHUNK, &chunk(0)) && !are_inside(op::CHUNK, &chunk(1)));
        assert!(!are_inside(op::CHUNK, &[0; 27]));
    }
}
