//! Dates as documents write them: a quick look. Which days there are, the calendar knows.

/// CCYYMMDD of a day that every month has: true of most dates, and quickly said.
#[inline]
pub(crate) fn is_plain_date(bytes: &[u8]) -> bool {
    let Ok(eight) = <[u8; 8]>::try_from(bytes) else { return false };
    // All eight at once: a digit has 3 as its upper half, and so it has with six added.
    let (together, upper) = (u64::from_le_bytes(eight), |bytes: u64| bytes & 0xF0F0_F0F0_F0F0_F0F0);
    let digits = upper(together) == 0x3030_3030_3030_3030
        && upper(together.wrapping_add(0x0606_0606_0606_0606)) == 0x3030_3030_3030_3030;
    let [_, _, _, _, m, mm, d, dd] = eight;
    let two = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
    digits && eight[..4] != *b"0000" && (1..=12).contains(&two(m, mm)) && (1..=28).contains(&two(d, dd))
}
