//! Did an upload break off? Looks at the first and the last bytes of a file.

use std::io;

/// How many bytes of the head and of the tail are looked at.
pub(super) const LOOKED_AT: usize = 256;

/// Does a file of `size` bytes, of which `read` reads some from an offset on, break off?
pub(super) fn ends_cut(size: u64, read: impl Fn(u64) -> io::Result<Vec<u8>>) -> io::Result<bool> {
    let (head, tail) = (read(0)?, read(size.saturating_sub(LOOKED_AT as u64))?);
    Ok(breaks_off(&head, &tail))
}

/// True when these are the head and the tail of an X12 file whose last segment is not an IEA. Of files of other kinds nobody
/// can tell.
fn breaks_off(head: &[u8], tail: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let Some(&separator) = head.strip_prefix(b"ISA").and_then(|rest| rest.first()) else {
        // Too short to tell: nothing, or the begin of the letters themselves.
        return b"ISA".starts_with(head);
    };
    let Some(last) = tail.windows(4).rposition(|four| four.starts_with(b"IEA") && four[3] == separator) else {
        return true;
    };
    // IEA*1*000000263~: the control number ends with the terminator, or is that of the ISA.
    let mut elements = tail[last..].split(|byte| *byte == separator).skip(2);
    let Some(number) = elements.next() else { return true };
    let digits = number.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let sent = head.split(|byte| *byte == separator).nth(13).unwrap_or_default();
    digits == 0 || (digits == number.len() && number != sent)
}

#[cfg(test)]
mod tests {
    use super::{LOOKED_AT, breaks_off};

    #[test]
    fn a_file_is_whole_when_its_last_segment_is_the_trailer() {
        let isa = "ISA*00*          *00*          *ZZ*HARBOR3PL      *12*4085551000     *260310*1430*U*00401*000000263*0*P*>~";
        let check = |text: &str, whole: bool| {
            let bytes = text.as_bytes();
            let tail = &bytes[bytes.len().saturating_sub(LOOKED_AT)..];
            assert_eq!(!breaks_off(&bytes[..bytes.len().min(LOOKED_AT)], tail), whole, "{text}");
        };
        check(&format!("{isa}GS*SW~GE*1*1~IEA*1*000000263~"), true);
        check(&format!("{isa}GS*SW~GE*1*1~\r\nIEA*1*000000263~\r\n"), true);
        check(&format!("\n {isa}GS*SW~IEA*1*000000263"), true);
        check(&format!("{isa}GS*SW~IEA*1*000000999~"), true);
        check(&format!("{isa}GS*SW~IEA*1*0000002"), false);
        check(&format!("{isa}GS*SW~IEA*1*"), false);
        check(&format!("{isa}GS*SW~IEA*1"), false);
        check(&format!("{isa}GS*SW~ST*945*0001~W06*F"), false);
        check(isa, false);
        check("ISA", false);
        check("IS", false);
        check("", false);
        check("{\"specversion\":\"1.0\"}", true);
        check("DEPOSITOR;ORDER;SKU\n", true);
        check(&isa.replace('*', "|").replace('~', "\n"), false);
        check(&format!("{isa}IEA*1*000000263~").replace('*', "|").replace('~', "\n"), true);
    }
}
