//! How fast files of records and fields are read, beside the bare libraries with serde_json on the same bytes: a CSV file
//! of shipments and an XML file of them.
//!
//! `cargo bench --bench files`. Settings, optional: `CROSSDOCK_BENCH_BYTES` (size of each generated file, default
//! 30,000,000), `CROSSDOCK_BENCH_ROUNDS` (default 7).
//!
//! The floors touch every field and write it as JSON. They are not to be slowed down: they are what the promise is about.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod figures;
mod measure;
mod reading;

use std::fmt::Write;
use std::hint::black_box;

use crossdock::catalog::{Catalog, CatalogDesk, Coming};
use crossdock::diagnostic::Diagnostics;
use crossdock::x12::reader::ReadOptions;
use figures::setting;
use measure::{Competitor, interleaved};
use quick_xml::events::{BytesStart, Event};
use reading::{CHUNK_BYTES, chosen, print_ratio, print_speeds, translate};
use serde::{Deserialize, Serialize};

fn main() {
    let bytes = setting("CROSSDOCK_BENCH_BYTES").unwrap_or(30_000_000);
    compare("CSV", "kestrel/shipments", &csv_file(bytes), csv_to_json, 0.4);
    compare("XML", "tern/shipments", &xml_file(bytes), xml_to_json, 0.5);
}

fn compare(syntax: &str, mapping: &str, input: &str, floor: impl Fn(&str, &mut Vec<u8>) -> u64, wanted: f64) {
    let rounds = setting("CROSSDOCK_BENCH_ROUNDS").unwrap_or(7);
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let desk = CatalogDesk::new(&catalog, &[], chosen(mapping));
    let (mut json, mut events) = (Vec::new(), Vec::new());
    let mut competitors = [
        Competitor { name: "floor: the bare library and serde_json", run: Box::new(|| floor(input, &mut json)) },
        Competitor {
            name: "file to canonical JSON",
            run: Box::new(|| {
                let coming = Coming { name: "bench", beginning: &input.as_bytes()[..500], owner: None };
                let mut diagnostics = Diagnostics::unlimited();
                let inbound = desk.inbound(coming, ReadOptions::default(), &mut diagnostics);
                assert_eq!(diagnostics.errors(), 0, "the layout takes the file");
                translate(input.as_bytes(), inbound, &desk, &mut events)
            }),
        },
    ];
    let taken = interleaved(&mut competitors, rounds);
    println!("{} bytes of {syntax}, {rounds} rounds in turns", input.len());
    print_speeds(&competitors, &taken, input.len());
    print_ratio(&format!("{syntax} to canonical JSON / floor"), &taken[1], &taken[0], wanted);
    println!();
}

/// A row as anybody would describe it to serde.
#[derive(Deserialize, Serialize)]
struct Row<'r> {
    #[serde(rename = "Order No")]
    order_no: &'r str,
    #[serde(rename = "PO No")]
    po_no: &'r str,
    #[serde(rename = "Ship Date")]
    ship_date: &'r str,
    #[serde(rename = "SCAC")]
    scac: &'r str,
    #[serde(rename = "SSCC")]
    sscc: &'r str,
    #[serde(rename = "Tracking No")]
    tracking_no: &'r str,
    #[serde(rename = "Line")]
    line: &'r str,
    #[serde(rename = "SKU")]
    sku: &'r str,
    #[serde(rename = "Qty")]
    qty: &'r str,
    #[serde(rename = "UOM")]
    uom: &'r str,
    #[serde(rename = "Lot")]
    lot: &'r str,
}

/// Each row by the `csv` crate, written as a JSON object by serde_json.
fn csv_to_json(input: &str, out: &mut Vec<u8>) -> u64 {
    let mut reader = csv::Reader::from_reader(input.as_bytes());
    let headers = reader.headers().expect("the file has a header").clone();
    let mut record = csv::StringRecord::new();
    let mut written = 0;
    out.clear();
    while reader.read_record(&mut record).expect("the file is a CSV file") {
        let row: Row<'_> = record.deserialize(Some(&headers)).expect("the row has its columns");
        serde_json::to_writer(&mut *out, &row).expect("memory can be written");
        out.push(b'\n');
        if out.len() > CHUNK_BYTES {
            written += black_box(&*out).len() as u64;
            out.clear();
        }
    }
    written + out.len() as u64
}

/// Each element with a text by `quick-xml`, written as a JSON object of names and texts by serde_json.
fn xml_to_json(input: &str, out: &mut Vec<u8>) -> u64 {
    let mut reader = quick_xml::Reader::from_str(input);
    let mut element = BytesStart::new("");
    let mut written = 0;
    out.clear();
    loop {
        match reader.read_event().expect("the file is an XML file") {
            Event::Start(start) => element = start,
            Event::Text(text) => {
                let text = text.decode().expect("it is UTF-8");
                if !text.trim_ascii().is_empty() {
                    let name = std::str::from_utf8(element.name().into_inner()).expect("it is UTF-8");
                    out.push(b'{');
                    serde_json::to_writer(&mut *out, name).expect("memory can be written");
                    out.push(b':');
                    serde_json::to_writer(&mut *out, &*text).expect("memory can be written");
                    out.extend_from_slice(b"}\n");
                }
            }
            Event::Eof => return written + out.len() as u64,
            _ => {}
        }
        if out.len() > CHUNK_BYTES {
            written += black_box(&*out).len() as u64;
            out.clear();
        }
    }
}

/// What is on a line of an order: order, carton, line and quantity are of these numbers, so no two orders are alike.
fn lines(order: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..6 + order % 9).map(move |line| (order * 4 + line / 3, line + 1, 1 + (order + line * 7) % 40))
}

fn csv_file(bytes: usize) -> String {
    let mut file = String::from("Order No,PO No,Ship Date,SCAC,SSCC,Tracking No,Line,SKU,Qty,UOM,Lot\r\n");
    let mut order = 1000;
    while file.len() < bytes {
        order += 1;
        for (carton, line, quantity) in lines(order) {
            write!(
                file,
                "SO-{order},PO-{},202603{:02},UPSN,0010614141{carton:010},1Z{carton:07},{line},SKU-{:04},{quantity},EA,L-{quantity}\r\n",
                order / 3,
                1 + order % 28,
                order % 9000 + line,
            )
            .expect("memory can be written");
        }
    }
    file
}

fn xml_file(bytes: usize) -> String {
    let mut file = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<LgfData>\n  <ListOfShippedLoads>\n");
    let mut order = 1000;
    while file.len() < bytes {
        order += 1;
        write!(
            file,
            "    <shipped_load>\n      <load>\n        <facility_code>TROY</facility_code>\n        \
             <load_manifest_nbr>LD-{order}</load_manifest_nbr>\n        \
             <externally_planned_load_nbr>SO-{order}</externally_planned_load_nbr>\n        \
             <ship_date>2026-03-{:02}</ship_date>\n        <carrier_code>UPSN</carrier_code>\n        \
             <total_weight>{}.5</total_weight>\n      </load>\n",
            1 + order % 28,
            order % 900,
        )
        .expect("memory can be written");
        for (carton, line, quantity) in lines(order) {
            write!(
                file,
                "      <ob_stop>\n        <line_nbr>{line}</line_nbr>\n        <ob_lpn_nbr>0010614141{carton:010}</ob_lpn_nbr>\n        \
                 <item_alternate_code>SKU-{:04}</item_alternate_code>\n        <shipped_qty>{quantity}</shipped_qty>\n        \
                 <shipped_uom>UNITS</shipped_uom>\n      </ob_stop>\n",
                order % 9000 + line,
            )
            .expect("memory can be written");
        }
        file.push_str("    </shipped_load>\n");
    }
    file.push_str("  </ListOfShippedLoads>\n</LgfData>\n");
    file
}
