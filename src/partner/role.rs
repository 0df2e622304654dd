//! What the partner is to us, and what follows from it: whose numbers the qualifiers 91 and 92 are.

/// What the partner is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// It moves our goods.
    Carrier,
    /// It buys from us.
    Customer,
    /// It sells to us.
    Supplier,
    /// It keeps our goods and ships them for us: a third-party warehouse. The default.
    #[default]
    Warehouse,
}

/// We or the partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// We.
    Us,
    /// The partner.
    Them,
}

/// Which way a document goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The partner sends it to us.
    FromPartner,
    /// We send it to the partner.
    ToPartner,
}

impl Role {
    /// The words of a profile.
    pub(super) const WORDS: [(&'static str, Role); 4] = [
        ("warehouse", Role::Warehouse),
        ("supplier", Role::Supplier),
        ("customer", Role::Customer),
        ("carrier", Role::Carrier),
    ];

    /// Who of us is the seller in the sense of element 66 (N103).
    ///
    /// | role | 91, assigned by the seller or its agent | 92, assigned by the buyer or its agent |
    /// |---|---|---|
    /// | supplier | them | us |
    /// | customer | us | them |
    /// | warehouse, carrier | us: the goods are ours to sell | them: the other side of the goods |
    ///
    /// The direction of the document does not count, for the owner of a number does not change on the way: the store
    /// number 0041 (92) that goes out to the warehouse in a 940 comes back in its 945 with the same qualifier and must
    /// be found in the same place of the canonical object. The qualifiers whose meaning does turn with the sender are 93
    /// and 94, which keep their codes.
    #[must_use]
    pub fn seller(self) -> Side {
        match self {
            Role::Supplier => Side::Them,
            Role::Carrier | Role::Customer | Role::Warehouse => Side::Us,
        }
    }

    /// Who assigned a number with this qualifier (N103); `None` unless it is 91 or 92.
    #[must_use]
    pub fn assigned_by(self, qualifier: &str) -> Option<Side> {
        match qualifier {
            "91" => Some(self.seller()),
            "92" => Some(self.seller().other()),
            _ => None,
        }
    }

    /// The qualifier of a number that this side assigned: the inverse of [`Role::assigned_by`].
    #[must_use]
    pub fn qualifier(self, assigned_by: Side) -> &'static str {
        if assigned_by == self.seller() { "91" } else { "92" }
    }
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Us => Side::Them,
            Side::Them => Side::Us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Side};

    #[test]
    fn a_warehouse_sends_back_the_store_number_92_as_assigned_by_them() {
        assert_eq!(Role::Warehouse.assigned_by("92"), Some(Side::Them));
        assert_eq!(Role::Warehouse.assigned_by("91"), Some(Side::Us));
        assert_eq!(Role::Supplier.assigned_by("91"), Some(Side::Them));
        assert_eq!(Role::Warehouse.assigned_by("93"), None);
    }

    #[test]
    fn qualifier_and_assigner_are_inverse_for_every_role() {
        for (_, role) in Role::WORDS {
            for qualifier in ["91", "92"] {
                assert_eq!(role.qualifier(role.assigned_by(qualifier).unwrap()), qualifier);
            }
        }
    }
}
