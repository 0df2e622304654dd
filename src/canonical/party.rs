//! Parties of a document: names, identifiers by scheme, addresses and contacts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::parts::Reference;

/// A company, place or person with a role in the document.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Role code (X12 element 98, such as `CN`), for parties without a field of their own.
    pub role: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Further lines of the name, in order.
    pub name_lines: Option<Vec<String>>,
    /// Identifiers by scheme.
    pub identifiers: Option<PartyIdentifiers>,
    /// Postal address.
    pub address: Option<Address>,
    /// People and offices to turn to.
    pub contacts: Option<Vec<Contact>>,
    /// Reference numbers of the party.
    pub references: Option<Vec<Reference>>,
    /// How the party relates to the one named before it (X12 element 706).
    pub relationship_code: Option<String>,
    /// Role code of the other party of that relationship (X12 N106).
    pub related_role: Option<String>,
}

/// Identifiers of a party by scheme; schemes not listed here stand under their code in lower case, such as `93`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct PartyIdentifiers {
    /// D-U-N-S number, nine digits.
    pub duns: Option<String>,
    /// D-U-N-S number with its suffix of four characters.
    pub duns4: Option<String>,
    /// Global location number (GS1).
    pub gln: Option<String>,
    /// The number we gave the party.
    pub assigned_by_us: Option<String>,
    /// The number the partner gave the party.
    pub assigned_by_them: Option<String>,
    /// Any other scheme.
    #[serde(flatten)]
    pub other: BTreeMap<String, String>,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and further lines, in order.
    pub lines: Option<Vec<String>>,
    /// City.
    pub city: Option<String>,
    /// State or province code, such as `NV`.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country code, such as `US`.
    pub country: Option<String>,
    /// Country subdivision code, where it is not the region (X12 N407).
    pub subdivision: Option<String>,
    /// Kind of the location identifier (X12 element 309).
    pub location_qualifier: Option<String>,
    /// Location identifier (X12 element 310), such as a store or a port.
    pub location: Option<String>,
}

/// A person or office to turn to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Function code (X12 element 366, such as `IC` or `DC`).
    pub function: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Fax number.
    pub fax: Option<String>,
    /// Numbers of any other kind.
    pub numbers: Option<Vec<ContactNumber>>,
    /// What the contact needs to find the matter (X12 element 443).
    pub inquiry_reference: Option<String>,
}

/// A communication number that is no telephone, e-mail or fax.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactNumber {
    /// Kind of number (X12 element 365).
    pub qualifier: Option<String>,
    /// The number.
    pub number: Option<String>,
}
