use crossdock::canonical::emit_pretty;
use crossdock::catalog::*;
use crossdock::diagnostic::*;
use crossdock::translation::*;
use crossdock::x12::reader::ReadOptions;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&a[1]).unwrap();
    let catalog = Catalog::new(".");
    let mut d = Diagnostics::unlimited();
    let profiles = catalog.profiles(&mut d);
    for x in d.list() {
        eprintln!("{}", text::render(x, false));
    }
    let desk = CatalogDesk::new(&catalog, &profiles, Chosen::default());
    let mut options = ReadOptions::default();
    options.bare_sets = true;
    let mut i = Inbound::new(options);
    let mut pos = 0;
    loop {
        let (n, o) = i.next(&bytes[pos..], true, &desk);
        pos += n;
        for x in i.diagnostics().list() {
            eprintln!("{}", text::render(x, false));
        }
        match o {
            Outcome::End => break,
            Outcome::Document(d) => {
                eprintln!("-- document good={} ", d.good);
                if let Some(p) = &d.plan {
                    let mut out = vec![];
                    emit_pretty(i.object(), p.canonical, &mut out);
                    println!("{}", String::from_utf8_lossy(&out));
                }
            }
            _ => {}
        }
    }
}
