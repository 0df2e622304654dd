//! What people order.
