//! stub
use rust_decimal::Decimal;
/// stub
pub fn parse(bytes: &[u8]) -> Option<Decimal> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}
