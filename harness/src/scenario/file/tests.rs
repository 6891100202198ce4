use super::*;
use crate::scenario::Plan;

fn read(text: &str) -> Scenario {
    Scenario::from_toml(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn wrong(text: &str) -> String {
    Scenario::from_toml(text).err().unwrap_or_else(|| panic!("accepted: {text}")).to_string()
}

#[test]
fn every_key_of_a_scenario_is_known() {
    let all = Scenario { trace_clients: Some(2), sample_ms: Some(1.0), ..Scenario::of_trace("x.json".into()) };
    let all = Scenario { units: crate::trace::Units::Utf16, times: Some("x.csv".into()), ..all };
    let mut table: Vec<_> = Table::try_from(&all).unwrap().into_iter().map(|(key, _)| key).collect();
    let mut known: Vec<_> = key_names().map(str::to_owned).collect();
    table.sort();
    known.sort();
    assert_eq!(table, known);
}

#[test]
fn one_value_stands_for_a_list_and_a_flags_name_for_its_key() {
    let lists = read(
        "strategies = [\"serial\", \"ot\"]\nworkloads = [\"stack\"]\nseeds = [\"3\"]\nsizes = [100]\nnetworks = [\"wifi\"]",
    );
    assert_eq!(
        read("strategy = \"serial,ot\"\nworkload = \"stack\"\nseeds = 3\nsize = 100\nnetwork = \"wifi\""),
        lists
    );
    let parameters = read("strategies = \"serial,crdt-yrs:window=50ms,topology=mesh\"");
    assert_eq!(parameters.strategies, ["serial", "crdt-yrs:window=50ms,topology=mesh"]);
    assert_eq!(read("fault = \"partition:isolate,client=2@1s..2s\"").faults, ["partition:isolate,client=2@1s..2s"]);
    assert_eq!(read("seeds = [1, \"3..5\"]").seeds, ["1", "3..5"]);
}

#[test]
fn numbers_and_spans_are_read_as_people_write_them() {
    let scenario = read(
        "ops = \"1k\"\nsizes = [\"1k\", 2_000, \"1.5M\"]\nrate = \"1.5k\"\nclients = 0x10\nundo = \"10%\"\nbudget = \"2m\"\nsample = \"0.5s\"",
    );
    assert_eq!((scenario.ops, scenario.sizes, scenario.clients), (1_000, vec![1_000, 2_000, 1_500_000], 16));
    assert_eq!((scenario.rate_per_s, scenario.undo), (1_500.0, 0.1));
    assert_eq!((scenario.budget_s, scenario.sample_ms), (120.0, Some(500.0)));
    let plain = read("rate_per_s = 20\nbudget_s = 5\nsample_ms = 2.5");
    assert_eq!((plain.rate_per_s, plain.budget_s, plain.sample_ms), (20.0, 5.0, Some(2.5)));
}

#[test]
fn a_table_is_a_name_with_parameters() {
    let text = "strategies = [\"serial\", { name = \"ot\", window = \"50ms\" }]\n\
                fault = { name = \"partition\", shape = \"isolate\", client = 2, at = \"2s..5s\" }\n\
                [[network]]\nname = \"field\"\ndelay = \"60ms..90ms\"\njitter = \"20ms\"\nloss = \"3%\"\nup = \"1Mbps\"\n\
                [[network]]\nname = \"wifi\"\ndetection = 0\n[[network]]\nprofile = \"constant\"\ndelay = \"5ms\"\n";
    let scenario = read(text);
    assert_eq!(scenario.strategies, ["serial", "ot:window=50ms"]);
    assert_eq!(scenario.faults, ["partition:client=2,shape=isolate@2s..5s"]);
    let field = "custom:delay=60ms..90ms,jitter=20ms,loss=3%,name=field,up=1Mbps";
    assert_eq!(scenario.networks, [field, "wifi:detection=0", "constant:delay=5ms"]);
    let inline = "networks = [\"lan\", { name = \"field\", loss = 0.03 }]";
    assert_eq!(read(inline).networks, ["lan", "custom:loss=0.03,name=field"]);
    assert!(Plan::new(vec![Scenario { workloads: vec!["stack".into()], ..scenario }]).is_ok());
}

#[test]
fn errors_name_the_line_what_was_expected_and_what_was_meant() {
    for (text, said) in [
        ("name = \"x\"\nclents = 3", "line 2: unknown key `clents`: did you mean `clients`? expected one of name, "),
        ("\n\nops = \"many\"", "line 3: ops: expected a whole number such as 400 or 1k, not `many`"),
        ("ops = -1", "line 1: ops: expected a whole number such as 400 or 1k, not `-1`"),
        ("ops = [1]", "not a list"),
        ("ops = 99999999999999999999", "line 1: ops: expected a whole number"),
        ("clients = 5_000_000_000", "line 1: clients: "),
        ("sizes = [1,\n 2,\n \"x\"]", "line 3: sizes: expected whole numbers such as 100 or 1k, not `x`"),
        ("rate = \"fast\"", "rate_per_s: expected a number such as 20 or 1.5k, not `fast`"),
        ("budget = \"5 parsecs\"", "a span such as 250ms"),
        ("undo = {}", "undo: expected a share such as 0.1 or 10%, not a table"),
        ("pace = \"poison\"", "did you mean `poisson`?"),
        ("engine = \"thread\"", "did you mean `threads`?"),
        ("strategy = \"ot\"\nstrategies = \"ot\"", "is given twice"),
        ("strategies = [1979-05-27]", "expected a text, not a date"),
        ("strategies = [{ window = \"50ms\" }]", "expected a table with the key `name`"),
        ("networks = [[\"wifi\"]]", "expected a text, not a list"),
        (
            "[[network]]\nname = \"field\"\nloss = [1]",
            "line 3: networks: `loss`: expected a text or a number, not a list",
        ),
        ("[[network]]\nname = \"field\"\nloss = \"1,up=2\"", "line 3: networks: `loss`: expected a text or a number"),
        ("[[network]]\nname = \"field\"\nclients = 3", "line 3: networks: `clients` stands in this table"),
        ("[[network]]\nloss = 1", "line 1: networks: expected a table with `name`"),
        ("[[network]]\nname = \"mine\"\nprofile = \"wifi\"", "only a custom network has a name"),
        ("name = \"x\nclients = 3", "line 1: "),
    ] {
        let error = wrong(text);
        assert!(error.contains(said) && !error.contains('\n'), "{text}: {error}");
    }
}

#[test]
fn an_error_of_the_plan_is_placed_in_its_line() {
    for (text, line, said) in [
        ("name = \"x\"\nstrategies = [\n \"serial\",\n \"serail\"]", 4, "serail"),
        ("name = \"x\"\n\nclients = 0", 3, "1 to"),
        ("networks = [\"wifi\",\n { name = \"field\", los = \"3%\" }]", 2, "did you mean `loss`?"),
        ("[[network]]\nname = \"field\"\nloss = \"300%\"", 1, "a percentage"),
        ("ops = 5\nseed = \"9..1\"", 2, "1..30"),
        ("ops = 5\nfaults = \"flood\"", 2, "partition"),
        ("ops = 5\nrate = 0", 2, "operations per second"),
    ] {
        let error = Plan::new(vec![read(text)]).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(line_of(text, &error), Some(line), "{text}: {error}");
    }
}
