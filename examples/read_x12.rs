//! (throwaway) reads a file, prints steps and diagnostics
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::tree::Tree;
use crossdock::x12::reader::*;
fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap();
    let bare = args.next().is_some();
    let bytes = std::fs::read(&file).unwrap();
    let mut reader = Reader::new(ReadOptions {
        bare_sets: bare,
        ..Default::default()
    });
    let mut tree = Tree::default();
    let mut d = Diagnostics::with_limit(40);
    let mut at = 0;
    loop {
        let p = reader.next(&bytes[at..], true, &mut tree, &mut d);
        match &p.step {
            Step::Set(r) => {
                let h = reader.set().unwrap();
                println!(
                    "  Set {} {} segments {} range {:?} incomplete {} {}",
                    h.set_id(),
                    h.control_number(),
                    tree.segments.len(),
                    r,
                    h.incomplete,
                    h.charset.name()
                );
            }
            Step::Interchange => println!(
                "Interchange {:?} {:?}",
                reader.interchange().unwrap().delimiters,
                reader.interchange().unwrap().elements
            ),
            Step::Group => println!(" Group {:?}", reader.group().unwrap().elements),
            other => println!(" {other:?}"),
        }
        at += p.consumed;
        if p.step == Step::End {
            break;
        }
    }
    assert_eq!(at, bytes.len());
    for x in d.list() {
        print!("{}", text::render(x, false));
    }
    if d.left_out() > 0 {
        println!("{} left out", d.left_out());
    }
}
