//! What the demonstration's home holds and what is dropped into it: the sample partners and fixtures of the repository.

/// Files of the home, compiled in so that the demonstration runs anywhere.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../", $name)))),*]
    };
}

/// Profiles, mappings, and the fixtures that the mappings' tests name.
pub(super) const HOME: &[(&str, &str)] = files![
    "partner-profiles/coastal.toml",
    "partner-profiles/harbor.toml",
    "partner-profiles/juniper.toml",
    "partner-profiles/northgate.toml",
    "partner-profiles/saltmarsh.toml",
    "partner-profiles/summit.toml",
    "mappings/coastal/856.toml",
    "mappings/codes/harbor.toml",
    "mappings/guides/coastal-856.toml",
    "mappings/guides/harbor-945.toml",
    "mappings/guides/warehouse-945.toml",
    "mappings/harbor/945.toml",
    "mappings/juniper/944-return.toml",
    "mappings/juniper/944.toml",
    "mappings/juniper/945.toml",
    "mappings/saltmarsh/940.toml",
    "mappings/saltmarsh/944.toml",
    "mappings/saltmarsh/945.toml",
    "mappings/summit/856.toml",
    "fixtures/856/coastal-parcels/expected.json",
    "fixtures/856/coastal-parcels/input.edi",
    "fixtures/856/summit-pallets/expected.json",
    "fixtures/856/summit-pallets/input.edi",
    "fixtures/940/saltmarsh-order/expected.json",
    "fixtures/940/saltmarsh-order/input.edi",
    "fixtures/944/juniper-lots/expected.json",
    "fixtures/944/juniper-lots/input.edi",
    "fixtures/944/juniper-return-without-order/expected.json",
    "fixtures/944/juniper-return-without-order/input.edi",
    "fixtures/944/saltmarsh/expected.json",
    "fixtures/944/saltmarsh/input.edi",
    "fixtures/945/harbor-cartons/expected.json",
    "fixtures/945/harbor-cartons/input.edi",
    "fixtures/945/harbor-partial/expected.json",
    "fixtures/945/harbor-partial/input.edi",
    "fixtures/945/juniper-lots/expected.json",
    "fixtures/945/juniper-lots/input.edi",
    "fixtures/945/saltmarsh/expected.json",
    "fixtures/945/saltmarsh/input.edi",
];

/// Files that are dropped: mailbox, name, content. The last ones have something wrong.
pub(super) const DROPPED: &[(&str, &str, &str)] = &[
    ("coastal", "856_0923.edi", include_str!("../../../fixtures/856/coastal-parcels/input.edi")),
    ("harbor", "945_0701.edi", include_str!("../../../fixtures/945/harbor-partial/input.edi")),
    ("harbor", "945_0702.edi", include_str!("../../../fixtures/945/harbor-cartons/input.edi")),
    ("juniper", "944_0119.edi", include_str!("../../../fixtures/944/juniper-lots/input.edi")),
    ("juniper", "945_0118.edi", include_str!("../../../fixtures/945/juniper-lots/input.edi")),
    ("northgate", "846_lots.edi", include_str!("../../../fixtures/846/lots/input.edi")),
    ("northgate", "945_0502.edi", include_str!("../../../fixtures/945/lines/input.edi")),
    ("saltmarsh", "945_31.edi", include_str!("../../../fixtures/945/saltmarsh/input.edi")),
    ("summit", "856_0921.edi", include_str!("../../../fixtures/856/summit-pallets/input.edi")),
    ("northgate", "940_bad_set.edi", include_str!("../../../fixtures/940/bad-set-between-neighbours/input.edi")),
    ("northgate", "940_cut_short.edi", include_str!("../../../fixtures/940/cut-short/input.edi")),
];

/// An order of the ERP.
pub(super) const SUBMITTED: &str = include_str!("../../../fixtures/submit/order.json");

/// A file of Harbor under an id that its profile does not name yet, and a file that came before.
pub(super) fn made() -> [(&'static str, &'static str, String); 2] {
    let partial = DROPPED[1].2;
    let new_id = partial.replace("HARBOR3PL ", "HARBORWEST").replace("*000000701*", "*000000711*");
    let new_id = new_id.replace("IEA*1*000000701", "IEA*1*000000711").replace("SO100310", "SO100399");
    [("harbor", "945_0711.edi", new_id), ("harbor", "945_0701_resent.edi", partial.to_owned())]
}

/// The id that [`made`] is sent under, and where the profile is mended.
pub(super) const NEW_ID: (&str, &str, &str) =
    ("partner-profiles/harbor.toml", "\"ZZ/HARBOREAST\"]", "\"ZZ/HARBOREAST\", \"ZZ/HARBORWEST\"]");
