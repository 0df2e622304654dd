//! Runs the binary as people do: what it prints, where, and with which exit code.
//!
//! The fixtures in `fixtures/cli` are made up. `UPDATE_EXPECTED=1 cargo test --test cli` writes the expected files anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cli")
}

/// A file with these bytes outside the source tree.
fn scratch(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    command.current_dir(fixtures()).args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child =
        command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the command was not ended by a signal")
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The command's output is that of the expected file, its exit code this one, and nothing is said beside.
fn check(arguments: &[&str], expected_code: i32, file: &str) {
    let output = run(arguments);
    let path = fixtures().join(file);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &output.stdout).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert_eq!(out(&output), expected, "{arguments:?} differs from {file}");
    assert_eq!(err(&output), "", "{arguments:?}");
    assert_eq!(code(&output), expected_code, "{arguments:?}");
}

/// The command fails with this exit code, says these words on standard error, and prints no result.
fn fails(arguments: &[&str], expected_code: i32, words: &[&str]) {
    let output = run(arguments);
    for word in words {
        assert!(err(&output).contains(word), "{arguments:?} does not say {word:?}: {}", err(&output));
    }
    assert_eq!(out(&output), "", "{arguments:?}");
    assert_eq!(code(&output), expected_code, "{arguments:?}");
}

#[test]
fn inspect_lays_a_file_out() {
    check(&["inspect", "shipments.edi"], 1, "shipments.inspect.txt");
    check(&["inspect", "odd.edi"], 1, "odd.inspect.txt");
    check(&["inspect", "--bare", "bare.edi"], 0, "bare.inspect.txt");
}

#[test]
fn inspect_shows_one_line_a_segment_or_one_set_on_request() {
    check(&["inspect", "shipments.edi", "--segments"], 1, "shipments.segments.txt");
    check(&["inspect", "shipments.edi", "--set", "1"], 0, "shipments.set.txt");
}

#[test]
fn inspect_writes_a_json_object_a_line() {
    check(&["inspect", "shipments.edi", "--format", "json"], 1, "shipments.inspect.jsonl");
    check(&["inspect", "odd.edi", "--format", "json"], 1, "odd.inspect.jsonl");
}

#[test]
fn inspect_names_codes_by_the_files_of_the_home_for_the_partner_they_are_for() {
    let home = fixtures().join("../..");
    let file = home.join("fixtures/945/harbor-partial/input.edi");
    let inspect = |home: &Path| run(&["inspect", file.to_str().unwrap(), "--home", home.to_str().unwrap()]);
    let own = inspect(&home);
    assert!(out(&own).contains("SP    Short: only a part was shipped"), "{}", out(&own));
    assert!(out(&own).contains("CALL  The customer's own truck"), "{}", out(&own));
    let standard = inspect(&fixtures());
    assert!(out(&standard).contains("SP    Scheduled for Production at Factory on (Date)"), "{}", out(&standard));
    // Another partner's documents keep the names of the standard.
    let other = home.join("fixtures/940/original/input.edi");
    assert_eq!(err(&run(&["inspect", other.to_str().unwrap(), "--home", home.to_str().unwrap()])), "");
    // A file of codes with an error is told beside the result, and left out.
    let wrong = home.join("tests/wrong/homes/codes-none");
    let output = inspect(&wrong);
    assert!(err(&output).contains("error[file.missing-key] the file has no code list"), "{}", err(&output));
    assert_eq!(out(&output), out(&standard));
}

#[test]
fn validate_prints_all_diagnostics_and_what_was_checked() {
    check(&["validate", "shipments.edi"], 1, "shipments.validate.txt");
    check(&["validate", "odd.edi"], 1, "odd.validate.txt");
    check(&["validate", "shipments.edi", "--format", "json"], 1, "shipments.validate.jsonl");
    check(&["validate", "--bare", "bare.edi"], 0, "bare.validate.txt");
}

/// A set of more bytes than are read at once is told of as a short one is.
#[test]
fn what_is_wrong_in_a_long_set_is_told_as_in_a_short_one() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("long-set.edi");
    let file = file.to_str().unwrap();
    let isa =
        "ISA*00*          *00*          *ZZ*NORTHGATE      *12*4085551000     *260310*1430*U*00401*000000501*0*P*>~";
    let check = |lines: usize, segment: &str, told: &str, answer: &str| {
        let items: String = (1..=lines).map(|line| format!("LX*{line}~W12*CC*1*1**EA**SK*A{line}~")).collect();
        let set = format!(
            "ST*945*0001~W06*F*SO9*20260316~N1*ST*X*92*12~{segment}~{items}W03*{lines}~SE*{}*0001~",
            2 * lines + 6
        );
        let group = format!("GS*SW*NORTHGATE*4085551000*20260310*1430*501*X*004010~{set}GE*1*501~");
        fs::write(file, format!("{isa}{group}IEA*1*000000501~")).unwrap();
        let translated = run(&["translate", file, "--mapping", "base/945"]);
        assert_eq!((out(&translated), code(&translated)), ("", 1), "{lines} lines");
        assert!(err(&translated).contains(told), "{}", err(&translated));
        let answered = run(&["acknowledge", file]);
        assert!(out(&answered).contains(answer), "{}", out(&answered));
    };
    for lines in [10, 20_000] {
        check(lines, "ZZZ*1*LOST", "error[x12.unknown-segment]", "AK3*ZZZ*4**1~AK5*R*5~AK9*R*1*1*0~");
        let note = format!("NTE*GEN*{}", "X".repeat(70_000));
        check(lines, &note, "error[x12.segment-too-long]", "AK5*R*5~AK9*R*1*1*0~");
    }
}

#[test]
fn validate_and_inspect_know_the_partner_of_the_home() {
    let home = fixtures().join("../..");
    let home = home.to_str().unwrap();
    let missing = "../945/harbor-guide-missing/input.edi";
    // The sender is known by its interchange id: the guide of its mapping, and its codes and rules.
    check(&["validate", missing, "--home", home], 1, "guide.validate.txt");
    let laid_out = run(&["inspect", missing, "--home", home, "--segments"]);
    assert!(
        out(&laid_out).contains("error[guide.missing-segment] segment N9[N901=SI] is missing"),
        "{}",
        out(&laid_out)
    );
    // What validate says beyond the standard's own is what acknowledge answers.
    let answer = run(&["acknowledge", missing, "--home", home]);
    assert!(out(&answer).contains("AK3*N9*7**3"), "{}", out(&answer));
    assert!(out(&run(&["validate", missing, "--home", home])).contains("answer  997: AK3*N9*7**3 ("));
    // By the standard alone, it is but a broken note.
    let alone = run(&["validate", missing]);
    assert!(
        !out(&alone).contains("guide.") && out(&alone).contains("so the standard alone counted"),
        "{}",
        out(&alone)
    );
    assert_eq!(code(&alone), 0);
    // A partner that is named counts, whoever the sender is.
    let named = run(&["validate", "shipments.edi", "--home", home, "--partner", "harbor"]);
    assert!(out(&named).contains("partner guides  2 transaction sets by harbor-945"), "{}", out(&named));
    assert!(out(&named).contains("2 transaction sets: with the codes and rules of partner harbor"), "{}", out(&named));
    fails(&["validate", "shipments.edi", "--home", home, "--partner", "harbour"], 2, &["did you mean `harbor`?"]);
}

#[test]
fn acknowledge_prints_what_a_gateway_would_send() {
    let input = std::fs::read_to_string(fixtures().join("shipments.edi")).unwrap();
    let (whole, trailer) = input.split_at(input.rfind("IEA*").unwrap());
    let wrong = trailer.replace("IEA*1*", "IEA*1*9");
    assert_ne!(wrong, trailer);
    let verdicts = |text: &str, more: &[&str]| {
        let output = run_with_input(&[&["acknowledge", "-"], more].concat(), text.as_bytes());
        let segments = out(&output).split('~').map(|segment| segment.trim().to_owned());
        let verdicts: Vec<String> = segments.filter(|one| one.starts_with("AK9") || one.starts_with("TA1")).collect();
        (code(&output), verdicts.join(" "), err(&output).contains("a gateway holds the whole file"))
    };
    let (_, said, held) = verdicts(&input, &[]);
    assert!(said.starts_with("AK9*") && !held, "{said}");
    // Nothing of an interchange is taken that is cut, or ends with another number.
    for broken in [format!("{whole}{wrong}"), whole.to_owned()] {
        assert_eq!(verdicts(&broken, &[]), (1, String::new(), true));
        let (code, said, held) = verdicts(&broken, &["--as", "ta1"]);
        assert!(said.contains("*R*0") && !said.contains("AK9") && code == 1 && held, "{said}");
    }
    // Nor of what stands beside it in the file.
    let cut = whole.replace("*000000263*", "*000000264*");
    let (_, said, held) = verdicts(&format!("{input}{cut}"), &["--as", "ta1"]);
    assert!(said.matches("TA1*").count() == 1 && said.contains("*R*023") && held, "{said}");
    // Nor of a file in which a number stands twice.
    let again = input.replace("LAMP", "TENT");
    assert_eq!(verdicts(&format!("{input}{again}"), &["--as", "ta1"]), (1, String::new(), true));
    // What cannot be read beside it is not answered, and not accepted.
    let sound = std::fs::read_to_string(fixtures().join("../945/cartons/input.edi")).unwrap();
    assert_eq!(verdicts(&sound, &[]), (0, "AK9*A*1*1*1".to_owned(), false));
    for beside in ["ISA*00*          *00*~\n", &sound.replacen("ISA", "IA", 1), "<order/>"] {
        assert_eq!(verdicts(&format!("{sound}{beside}"), &[]), (1, "AK9*A*1*1*1".to_owned(), false), "{beside}");
    }
}

#[test]
fn the_rules_and_the_character_set_of_a_profile_hold_in_validate() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("validate-by-profile");
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    let profile = "name = 'Harbor'\nus = { interchange_id = 'ZZ/ACME' }\nthem = { interchange_ids = ['ZZ/HARBOR3PL'] }\n\
        time_zone = 'UTC'\ncharset = 'x12-extended'\n[rules]\n'x12.element-date' = 'report'\n'x12.unused-element' = 'ignore'\n";
    fs::write(home.join("partner-profiles/harbor.toml"), profile).unwrap();
    let validate = |more: &[&str]| {
        let mut arguments = vec!["validate", "shipments.edi", "--home", home.to_str().unwrap()];
        arguments.extend(more);
        run(&arguments)
    };
    let ruled = validate(&[]);
    assert!(out(&ruled).contains("warning[x12.element-date]"), "{}", out(&ruled));
    assert!(!out(&ruled).contains("x12.unused-element"), "{}", out(&ruled));
    assert!(out(&run(&["validate", "shipments.edi"])).contains("error[x12.element-date]"));
    // A character set that is asked for goes before that of the profile.
    let file = scratch(
        "small-letters.edi",
        fs::read_to_string(fixtures().join("shipments.edi")).unwrap().replace("MARKET", "Market").as_bytes(),
    );
    let of = |more: &[&str]| {
        let mut arguments = vec!["validate", file.to_str().unwrap(), "--home", home.to_str().unwrap()];
        arguments.extend(more);
        out(&run(&arguments)).matches("x12.character]").count()
    };
    assert_eq!((of(&[]), of(&["--charset", "x12-basic"])), (0, 2));
}

#[test]
fn every_line_of_json_output_is_an_object() {
    for command in ["inspect", "validate"] {
        for file in ["shipments.edi", "odd.edi", "bare.edi"] {
            let output = run(&[command, file, "--format", "json"]);
            for line in out(&output).lines() {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(value.is_object(), "{line}");
            }
            assert!(out(&output).lines().last().unwrap().starts_with("{\"summary\""));
        }
    }
}

#[test]
fn a_file_and_standard_input_give_the_same() {
    let bytes = fs::read(fixtures().join("shipments.edi")).unwrap();
    let (file, stream) = (run(&["inspect", "shipments.edi"]), run_with_input(&["inspect", "-"], &bytes));
    assert_eq!(out(&file), out(&stream));
    let stream = run_with_input(&["validate", "-"], &bytes);
    assert!(out(&stream).contains("where   standard input, interchange 000000263"));
    assert_eq!(code(&stream), 1);
}

#[test]
fn a_set_whose_bytes_come_in_many_chunks_is_read_whole() {
    let notes: String = (0..20_000).map(|number| format!("N9*LI*{number:08}~\n")).collect();
    let set = format!("ST*945*0001~\nW06*N*1001~\nN1*ST*X~\nLX*1~\n{notes}SE*{}*0001~\n", 20_005);
    let file = scratch("large-set.edi", set.as_bytes());
    let output = run(&["inspect", "--bare", file.to_str().unwrap(), "--segments"]);
    assert!(out(&output).contains("20004    N9*LI*00019999"), "{}", out(&output).len());
}

#[test]
fn what_is_no_x12_is_said_and_is_no_failure() {
    let garbage: Vec<u8> = (0..100_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let garbage = scratch("garbage.bin", &garbage);
    let empty = scratch("empty.edi", b"");
    for command in ["inspect", "validate"] {
        for (file, words) in [(&garbage, "the input holds no ISA segment"), (&empty, "the input is empty")] {
            let output = run(&[command, file.to_str().unwrap()]);
            assert!(out(&output).contains("error[x12.no-interchange]"), "{}", out(&output));
            assert!(out(&output).contains(words), "{}", out(&output));
            assert!(out(&output).ends_with("1 error; no transaction set was read\n"), "{}", out(&output));
            assert_eq!(code(&output), 1);
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_failure_that_says_why_and_what_to_do() {
    for command in ["inspect", "validate"] {
        fails(&[command, "nowhere.edi"], 3, &["cannot read nowhere.edi", "there is no such file", "remedy"]);
        fails(&[command, "."], 3, &["cannot read .", "it is a folder"]);
    }
    let output = run(&["validate", "nowhere.edi", "--format", "json"]);
    let failure: serde_json::Value = serde_json::from_str(err(&output)).unwrap();
    assert_eq!(failure["message"], "cannot read nowhere.edi");
}

/// Translates the order of `fixtures/submit` with `from` put in place of `to`, with this mapping of a home.
fn translate_order(name: &str, (from, to): (&str, &str), mapping: &str) -> Output {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(home.join("mappings")).unwrap();
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    fs::copy(fixtures().join("../../partner-profiles/northgate.toml"), home.join("partner-profiles/northgate.toml"))
        .unwrap();
    fs::write(home.join("mappings/order.toml"), format!("extends = \"base/940\"\n{mapping}")).unwrap();
    let order = fs::read_to_string(fixtures().join("../submit/order.json")).unwrap();
    let changed = order.replacen(from, to, 1);
    assert!(from == to || changed != order);
    fs::write(home.join("order.json"), changed).unwrap();
    let (home, order) = (home.to_str().unwrap(), home.join("order.json"));
    let more = ["--partner", "northgate", "--mapping", "order", "--time", "2026-11-20T09:30:00Z"];
    run(&[&["translate", order.to_str().unwrap(), "--home", home], &more[..]].concat())
}

#[test]
fn what_would_be_read_back_as_something_else_is_not_written() {
    let another_party = "\"other_parties\": [{\"role\": \"BT\", \"name\": \"GRANITE HQ\"}], \"carrier\":";
    let output = translate_order("not-reversible", ("\"carrier\":", another_party), "");
    let told =
        "error[mapping.not-reversible] `other_parties[1].name` is \"GRANITE HQ\", but reading what was written gives";
    assert!(err(&output).contains(told), "{}", err(&output));
    assert_eq!((out(&output), code(&output)), ("", 1));
}

#[test]
fn a_line_that_is_only_written_need_not_be_read_back() {
    let mapping = "[map]\nmaster_reference = { at = \"W0505\", way = \"out\" }\n";
    let reference = "\"master_reference\": \"M1\", \"link_sequence_number\": 1, \"carrier\":";
    let output = translate_order("only-written", ("\"carrier\":", reference), mapping);
    assert_eq!((err(&output), code(&output)), ("", 0));
    assert!(out(&output).contains("W05*N*SO100240*PO-78110*000001*M1~"), "{}", out(&output));
}

#[test]
fn what_breaks_the_table_of_its_document_is_not_written() {
    let no_unit = "\"ordered\": {\"value\": 24}";
    let output = translate_order("no-unit", ("\"ordered\": {\"value\": 24, \"unit\": \"EA\"}", no_unit), "");
    assert_eq!((out(&output), code(&output)), ("", 1));
    assert!(err(&output).contains("error[mapping.invalid-document] W0102 "), "{}", err(&output));
    assert!(err(&output).contains("send `lines[1].ordered.unit`"), "{}", err(&output));
    // What no line writes is the engineer's.
    let output = translate_order("no-line", ("", ""), "[map]\naction = false\n[derived]\nW0501 = false\n");
    assert!(err(&output).contains("no line of the mapping `order` writes W0501: add one to [map]"), "{}", err(&output));
    // A syntax note is told, and the order goes out.
    let reference = "\"master_reference\": \"M1\", \"carrier\":";
    let output = translate_order("syntax-note", ("\"carrier\":", reference), "");
    assert_eq!(code(&output), 0);
    assert!(err(&output).contains("warning[mapping.doubtful-document] with W0505 "), "{}", err(&output));
    assert!(err(&output).contains("send `link_sequence_number`"), "{}", err(&output));
}

#[test]
fn what_a_document_lacks_names_the_fields_that_would_fill_it() {
    let object = r#"{ "order_number": "A", "ship_date": "2026-03-10", "lines": [{ "sku": "TENT" }] }"#;
    let output = run_with_input(&["translate", "-", "--mapping", "base/945"], object.as_bytes());
    for words in [
        "loop 0100 (N1) is mandatory in the heading of 945 and missing\n  where   standard input, `ship_to`\n",
        "  remedy  send `ship_to` or ",
    ] {
        assert!(err(&output).contains(words), "{words}\nis not said:\n{}", err(&output));
    }
}

/// What each sample partner's mapping reads, it writes: the objects of a fixture, written and read once more.
#[test]
fn objects_of_the_sample_partners_are_written_as_they_would() {
    let check = |case: &str, partner: &str, mapping: &str, segment: &str| {
        let folder = fixtures().join("..").join(case);
        let data = fs::read_to_string(folder.join("expected.json")).unwrap();
        let objects: Vec<serde_json::Value> = serde_json::from_str(&data).unwrap();
        let home = env!("CARGO_MANIFEST_DIR");
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{partner}-{segment}.json").replace(['*', '~'], "-"));
        fs::write(&file, objects[0].to_string()).unwrap();
        let time = ["--time", "2026-03-15T12:00:00Z"];
        let arguments =
            ["translate", file.to_str().unwrap(), "--home", home, "--partner", partner, "--mapping", mapping];
        let written = run(&[&arguments[..], &time[..]].concat());
        assert_eq!(code(&written), 0, "{case}: {}", err(&written));
        assert!(out(&written).contains(segment), "{case}: {}", out(&written));
        fs::write(&file, out(&written)).unwrap();
        let again = run(&["translate", file.to_str().unwrap(), "--home", home, "--mapping", mapping, "--data"]);
        assert_eq!(code(&again), 0, "{case}: {}", err(&again));
        let again: serde_json::Value = serde_json::from_str(out(&again)).unwrap();
        assert_eq!(again, objects[0], "{case}");
    };
    check("945/juniper-lots", "juniper", "juniper/945", "PAL*1*4*10~");
    check("944/juniper-lots", "juniper", "juniper/944", "N1*RC*");
    check("944/juniper-return", "juniper", "juniper/944-return", "W17*C*");
    check("940/saltmarsh-order", "saltmarsh", "saltmarsh/940", "**IN*LANTERN-USB");
    check("945/saltmarsh", "saltmarsh", "saltmarsh/945", "W12*CL*120*120");
    check("944/saltmarsh", "saltmarsh", "saltmarsh/944", "W08*M*BOLT");
}

#[test]
fn a_wrong_command_line_is_explained_on_standard_error() {
    fails(&["inspcet"], 2, &["unrecognized subcommand", "inspect"]);
    fails(&["inspect"], 2, &["<FILE>"]);
    fails(&["inspect", "shipments.edi", "--charset", "utf-17"], 2, &["no such character set", "utf-8"]);
    fails(&["inspect", "shipments.edi", "--format", "yaml"], 2, &["text", "json"]);
}

#[test]
fn help_shows_examples_and_exit_codes() {
    for command in ["inspect", "validate", "explain", "schema"] {
        let output = run(&[command, "--help"]);
        assert!(out(&output).contains("Examples:\n  crossdock "), "{command}: {}", out(&output));
        assert!(out(&output).contains("Exit codes"), "{command}");
        assert_eq!(code(&output), 0);
    }
    assert!(out(&run(&["--help"])).contains("Exit codes"));
    assert_eq!(code(&run(&["--version"])), 0);
    assert_eq!(code(&run(&[])), 2);
}

#[test]
fn explain_prints_a_page_for_every_code() {
    let list = run(&["explain"]);
    assert_eq!(code(&list), 0);
    let codes: Vec<&str> = out(&list).lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() > 90, "{}", codes.len());
    for name in codes {
        let page = run(&["explain", name]);
        assert_eq!(code(&page), 0, "{name}");
        assert!(out(&page).starts_with(&format!("## {name}\n")), "{}", out(&page));
    }
    let printed = run(&["explain", "error[x12.segment-count]"]);
    assert!(out(&printed).starts_with("## x12.segment-count\n"));
    let ruled = "`\"x12.missing-element\" = \"reject\"`, `\"report\"` or `\"ignore\"`";
    assert!(out(&run(&["explain", "x12.missing-element"])).contains(ruled));
    assert!(!out(&run(&["explain", "x12.isa-length"])).contains("under [rules]"), "an envelope cannot be ruled");
    let json = run(&["explain", "x12.segment-count", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(out(&json)).unwrap();
    assert_eq!(json["fault"], "partner");
}

#[test]
fn a_code_or_object_that_does_not_exist_gets_a_suggestion() {
    fails(
        &["explain", "x12.segment-cuont"],
        2,
        &["no diagnostic code `x12.segment-cuont`", "did you mean `x12.segment-count`?"],
    );
    fails(&["explain", "weather"], 2, &["`crossdock explain` lists all codes"]);
    fails(&["schema", "shipmnet"], 2, &["no canonical object `shipmnet`", "did you mean `shipment`?"]);
}

#[test]
fn schema_lists_the_objects_and_prints_each() {
    let list = run(&["schema"]);
    assert!(out(&list).contains("shipment\n"));
    for name in out(&list).lines() {
        let schema = run(&["schema", name]);
        let schema: serde_json::Value = serde_json::from_str(out(&schema)).unwrap();
        assert_eq!(schema["title"], name);
    }
}

#[test]
fn schema_tells_the_fields_of_an_object_a_line_each() {
    let fields = run(&["schema", "inventory_report", "--fields"]);
    for line in ["report_number ", "items.lot ", "items.identifiers.\"*\" ", "items.quantities.state "] {
        assert!(out(&fields).lines().any(|found| found.starts_with(line)), "{line}: {}", out(&fields));
    }
    assert!(out(&fields).contains("available | allocated | "), "the words of a field: {}", out(&fields));
    assert!(out(&fields).contains("object, as ship_to "), "an object is laid out once: {}", out(&fields));
    fails(&["schema", "codes", "--fields"], 2, &["no canonical object"]);
    fails(&["schema", "945"], 2, &["the object of 945 is `shipment`"]);
}

#[test]
fn check_takes_files_and_names_and_refuses_what_is_not_there() {
    let whole = format!("{}/fixtures/cli/home/mappings/demo/945.toml", env!("CARGO_MANIFEST_DIR"));
    for file in ["mappings/demo/945.toml", "demo/945", "./mappings/demo/945", &whole] {
        let output = run(&["check", file, "--home", "home"]);
        assert_eq!((code(&output), err(&output)), (0, ""), "{file}: {}", out(&output));
    }
    let near = "did you mean `mappings/demo/945.toml`?";
    fails(&["check", "mappings/demo/954.toml", "--home", "home"], 3, &["cannot check mappings/demo/954.toml", near]);
    fails(&["check", "demo/954", "--home", "home"], 3, &[near]);
    fails(&["check", "--home", "hone"], 2, &["'hone'", "there is no such folder"]);
    fails(&["check", "mappings/demo", "--home", "home"], 3, &["name a file such as"]);
    fails(&["check", "mappings/codes/none.toml", "--home", "home"], 3, &["cannot check"]);
    let blocks = run(&["check", "mappings/blocks/common.toml"]);
    assert!(out(&blocks).starts_with("no problems in "), "all that may use them: {}", out(&blocks));
}

#[test]
fn a_partner_is_suggested_and_a_mapping_may_be_named_by_its_file() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let file = format!("{root}fixtures/945/harbor-cartons/input.edi");
    fails(&["translate", &file, "--home", root, "--partner", "habror"], 2, &["did you mean `harbor`?"]);
    let by =
        |mapping: &str| out(&run(&["translate", &file, "--home", root, "--mapping", mapping, "--data"])).to_owned();
    assert!(by("harbor/945").starts_with('{'));
    assert_eq!(by("mappings/harbor/945.toml"), by("harbor/945"));
}

#[test]
fn an_object_that_does_not_tell_is_the_one_that_the_partner_is_sent() {
    let root = env!("CARGO_MANIFEST_DIR");
    let file = scratch("misspelt.json", br#"{"order_number":"A1","lines":[{"skuu":"X"}]}"#);
    let file = file.to_str().unwrap();
    fails(
        &["translate", file, "--home", root, "--partner", "harbor"],
        1,
        &["no field `lines[1].skuu`", "did you mean `sku`?"],
    );
    fails(&["translate", file, "--home", root], 1, &["check how its fields are written"]);
    let none = scratch("none.json", b"[]");
    fails(&["translate", none.to_str().unwrap()], 0, &["the input holds no object"]);
    fails(&["translate", file, "--time", "yesterday"], 2, &["2026-11-20T09:30:00Z"]);
}

#[test]
fn colour_is_for_terminals_and_on_request() {
    let plain = run(&["inspect", "shipments.edi"]);
    assert!(!out(&plain).contains('\x1b'), "standard output is no terminal here");
    let coloured = run(&["inspect", "shipments.edi", "--color", "always"]);
    assert!(out(&coloured).contains('\x1b'));
    let without: String = strip(out(&coloured));
    assert_eq!(without, out(&plain), "colour changes nothing but colour");
    let never = run(&["validate", "shipments.edi", "--color", "never"]);
    assert!(!out(&never).contains('\x1b'));
}

/// Without terminal colours.
fn strip(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    plain.extend(pieces.map(|piece| piece.split_once('m').map_or(piece, |(_, rest)| rest)));
    plain
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let set = "ST*945*0001~W06*N*1001~W03*1~SE*4*0001~";
    let file = scratch("many-sets.edi", set.repeat(20_000).as_bytes());
    for arguments in [["inspect", "--bare"], ["validate", "--bare"]] {
        let mut child = command(&arguments).arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(err(&output), "");
        assert!(code(&output) <= 1, "{}", code(&output));
    }
}

#[test]
fn many_threads_print_the_same_as_one_in_the_same_order() {
    let one = fs::read_to_string(fixtures().join("shipments.edi")).unwrap();
    let (start, rest) = one.split_at(one.find("ST*").unwrap());
    let (set, end) = rest.split_at(rest.find("SE*").unwrap());
    let mut input = start.to_owned();
    let mut number = 0;
    // Several batches, with a fault here and there.
    while input.len() < 2_000_000 {
        number += 1;
        let set = set.replacen("0001", &format!("{number:04}"), 1);
        let counted = if number % 97 == 0 { 3 } else { set.matches('\n').count() + 1 };
        input.push_str(&format!("{set}SE*{counted}*{number:04}~\n"));
    }
    let trailer = &end[end.find("GE*").unwrap()..];
    input.push_str(&format!("GE*{number}{}", &trailer[trailer[3..].find('*').unwrap() + 3..]));
    let file = scratch("many-sets.edi", input.as_bytes());
    let translate = |threads: &str| {
        let time = "2026-11-20T09:30:00Z";
        run(&["translate", file.to_str().unwrap(), "--time", time, "--threads", threads])
    };
    let (one, many) = (translate("1"), translate("5"));
    assert_eq!(code(&one), 1, "{}", err(&one));
    assert_eq!(out(&one).lines().count(), number - number / 97, "{}", err(&one));
    assert_eq!(err(&one).matches("x12.segment-count").count(), number / 97);
    assert!(one.stdout == many.stdout && one.stderr == many.stderr && code(&many) == 1);
}

#[test]
fn what_is_equal_in_many_sets_is_told_three_times_and_then_counted() {
    let home = fixtures().join("../..");
    let one = fs::read_to_string(home.join("fixtures/945/mapping-of-another-release/input.edi")).unwrap();
    let (start, end) = (one.find("ST*945").unwrap(), one.find("GE*1").unwrap());
    let sets: String = (1..=9).map(|set| one[start..end].replace("*0001~", &format!("*{set:04}~"))).collect();
    let many = format!("{}{sets}{}", &one[..start], one[end..].replace("GE*1*", "GE*9*"));
    let file = scratch("nine-sets.edi", many.as_bytes());
    let translate = |format: &str| {
        let home = home.to_str().unwrap();
        let output = run(&["translate", file.to_str().unwrap(), "--home", home, "--format", format]);
        assert_eq!((code(&output), out(&output).lines().count()), (0, 9), "{}", err(&output));
        err(&output).to_owned()
    };
    let text = translate("text");
    assert_eq!(text.matches("note[mapping.other-release]").count(), 4, "{text}");
    let counted = "note[mapping.other-release] the mapping `harbor/945` is written for x12/004010/945, this set says release \
        005010: the same in 6 more transaction sets\n`--format json` tells each of them, with its place\n";
    assert!(text.ends_with(counted), "{text}");
    assert_eq!(translate("json").matches("mapping.other-release").count(), 9);
}

#[test]
fn many_threads_write_the_same_as_one() {
    let order = fs::read_to_string(fixtures().join("../submit/order.json")).unwrap();
    let orders = |wrong: &[usize]| {
        // Some cannot be read, and others have no room in the document.
        let one = |number: usize| {
            let is_wrong = wrong.contains(&number);
            let date = if is_wrong && number.is_multiple_of(2) { "soon" } else { "2026-11-23" };
            let long = if is_wrong && !number.is_multiple_of(2) { "-AND-MORE-THAN-THERE-IS-ROOM-FOR" } else { "" };
            let order = order.replace("SO100240", &format!("SO{number}{long}"));
            order.replace("2026-11-23", date).replace('\n', "")
        };
        (0..900).map(one).collect::<Vec<_>>().join("\n")
    };
    let write = |name: &str, text: &str, threads: &str| {
        let file = scratch(name, text.as_bytes());
        let time = "2026-11-20T09:30:00Z";
        run(&["translate", file.to_str().unwrap(), "--time", time, "--threads", threads])
    };
    for (name, wrong) in [("orders.json", &[][..]), ("wrong-orders.json", &[0, 1, 300, 501, 502][..])] {
        let text = orders(wrong);
        let (one, many) = (write(name, &text, "1"), write(name, &text, "5"));
        assert!(err(&one).matches("error[").count() >= wrong.len(), "{}", err(&one));
        assert_eq!(out(&one).matches("ST*940*").count(), if wrong.is_empty() { 900 } else { 0 });
        assert!(one.stdout == many.stdout && one.stderr == many.stderr && code(&one) == code(&many));
    }
}

#[test]
fn translate_takes_records_and_numbers_that_a_mapping_asks_for() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recalling");
    fs::create_dir_all(home.join("mappings/own")).unwrap();
    let mapping = "extends = \"base/945\"\n[derived]\nW0605 = { recall = \"fulfillment_order.master_reference\" }\n\
        W0609 = { sequence = \"shipment\" }\n";
    fs::write(home.join("mappings/own/945.toml"), mapping).unwrap();
    let line = r#"{"sku": "TENT", "ordered": {"value": 1, "unit": "EA"}, "shipped": {"value": 1, "unit": "EA"}, "status": "shipped"}"#;
    let shipment = |number: &str| {
        format!(
            r#"{{"order_number": "{number}", "shipment_number": "S{number}", "purchase_order_number": "P1", "reporting_code": "F",
            "ship_date": "2026-03-10", "ship_to": {{"name": "Shop"}}, "lines": [{line}], "totals": {{"units": 1}}}}"#
        )
    };
    let shipments = format!("{}\n{}\n", shipment("A1"), shipment("A2")).replace("\n            ", " ");
    fs::write(home.join("shipments.json"), shipments).unwrap();
    let order = |number: &str| {
        format!(
            r#"{{"order_number": "{number}", "master_reference": "M{number}", "requested_ship_date": "2026-03-09", "lines": [{{"sku": "TENT", "ordered": {{"value": 1}}}}]}}"#
        )
    };
    fs::write(home.join("orders.json"), format!("[{},{}]", order("A2"), order("A1"))).unwrap();
    let home = home.to_str().unwrap();
    let file = format!("{home}/shipments.json");
    let orders = format!("{home}/orders.json");
    let arguments = ["translate", &file, "--home", home, "--mapping", "own/945"];
    let given = [&arguments[..], &["--recall", &orders, "--sequence", "shipment=70"]].concat();
    let output = run(&given);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let headings: Vec<&str> = out(&output).split('~').filter(|segment| segment.starts_with("W06")).collect();
    assert_eq!(headings, ["W06*F*A1*20260310*SA1*MA1*P1***70", "W06*F*A2*20260310*SA2*MA2*P1***71"]);
    fails(&arguments, 1, &["mapping.not-recalled", "on record", "mapping.no-number"]);
    fs::write(&orders, "{\"x\": 1}").unwrap();
    fails(&given, 1, &["orders.json has errors, and nothing was translated", "leave out `--recall`"]);
    fails(&[&arguments[..], &["--sequence", "shipment"]].concat(), 2, &["write the name and the next number"]);
}

/// A home with the repository's mappings and the profile of a partner that is made up.
fn home_of(name: &str, profile: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&home));
    fs::create_dir_all(home.join("partner-profiles")).unwrap();
    fs::write(home.join("partner-profiles/quarry.toml"), profile).unwrap();
    home
}

const QUARRY: &str = "name = 'Quarry'\nus = { interchange_id = '12/4085551000' }\n\
    them = { interchange_ids = ['ZZ/HARBOR'] }\ntime_zone = 'America/Los_Angeles'\n";

#[test]
fn a_profile_with_errors_is_named_and_nothing_is_translated_in_its_place() {
    // One key too many, and a file that is no TOML.
    for (name, broken) in [("broken-key", "zone = 1\n"), ("broken-syntax", "= 1\n")] {
        let home = home_of(name, &format!("{QUARRY}{broken}"));
        let home = home.to_str().unwrap();
        let translated = run(&["translate", "mapped.edi", "--home", home]);
        assert_eq!((code(&translated), out(&translated)), (1, ""), "{}", err(&translated));
        let words = "error[profile.unusable] the partner's profile partner-profiles/quarry.toml has errors";
        assert!(err(&translated).contains(words), "{}", err(&translated));
        assert!(!err(&translated).contains("unknown-sender"), "{}", err(&translated));
        let named = "the profile partner-profiles/quarry.toml has errors and is not used";
        fails(&["translate", "mapped.edi", "--home", home, "--partner", "quarry"], 1, &[named]);
        let order = scratch("broken-order.json", gateway_order("quarry").as_bytes());
        let written = run(&["translate", order.to_str().unwrap(), "--home", home]);
        assert_eq!((code(&written), out(&written)), (1, ""), "{}", err(&written));
        assert!(err(&written).contains(words), "{}", err(&written));
        // Somebody else's document is translated; that the profile has errors was said.
        let other = scratch(
            "other.edi",
            fs::read_to_string(fixtures().join("mapped.edi"))
                .unwrap()
                .replace("*ZZ*HARBOR  ", "*ZZ*HARBAR  ")
                .as_bytes(),
        );
        let translated = run(&["translate", other.to_str().unwrap(), "--home", home]);
        assert!(code(&translated) == 1 && !out(&translated).is_empty(), "{}", err(&translated));
        fs::remove_dir_all(home).unwrap();
    }
}

/// An order of the ERP to a partner.
fn gateway_order(partner: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"erp-1","type":"crossdock.fulfillment_order.submitted","source":"/partners/{partner}","data":{{"order_number":"SO1","action":"original","ship_to":{{"name":"GRANITE"}},"lines":[{{"line_number":"1","sku":"TENT","ordered":{{"value":24,"unit":"EA"}}}}]}}}}"#
    )
}

#[test]
fn entries_of_a_profile_come_into_force_on_the_partners_day() {
    let send = "[[send]]\ncanonical = 'fulfillment_order'\ndocument = 'x12/004010/940'\n\
        [[send]]\ncanonical = 'fulfillment_order'\ndocument = 'x12/005010/940'\nfrom = 2026-04-01\n";
    let home = home_of("partners-day", &format!("{QUARRY}{send}"));
    let order = scratch("day-order.json", gateway_order("quarry").as_bytes());
    // In Los Angeles it is still the last of March.
    for (time, release) in [("2026-04-01T02:00:00Z", "*004010~"), ("2026-04-01T12:00:00Z", "*005010~")] {
        let (order, home) = (order.to_str().unwrap(), home.to_str().unwrap());
        let written = run(&["translate", order, "--home", home, "--time", time]);
        assert!(code(&written) == 0 && out(&written).contains(release), "{time}: {}{}", out(&written), err(&written));
    }
    fs::remove_dir_all(home).unwrap();
}
