//! Times whole processes, as users meet them: `cargo bench`.
//!
//! The machine's speed drifts, so the run stands beside a yardstick of the same minute: as many bare
//! exchanges between the same client and the same server, without scenarios, rules and reports.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scimulate::deployments::Embedded;
use scimulate::run::target::deployment::Deployments as _;
use scimulate::wire::{Actor, Method, Request, Target as _};

/// Counted runs of each command, after one that is not counted.
const RUNS: usize = 9;

const PROGRAM: &str = env!("CARGO_BIN_EXE_scimulate");

/// One process: wall time, peak memory in KiB where the system tells it, and what it printed.
struct Play {
    wall: Duration,
    peak: Option<u64>,
    output: String,
}

fn play(arguments: &[&str]) -> Play {
    let begin = Instant::now();
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program was built for this bench");
    let mut stdout = child.stdout.take().expect("standard output is piped");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut text).map(|_| text)
    });
    // The high-water mark can only be read while the process lives, so it is read again and again.
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("the child can be waited for").is_none() {
        peak = peak.max(high_water_mark(&status));
        std::thread::sleep(Duration::from_millis(1));
    }
    let wall = begin.elapsed();
    let output = reader.join().expect("the reader does not panic").unwrap_or_default();
    Play { wall, peak, output }
}

fn high_water_mark(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn median(mut walls: Vec<Duration>) -> Duration {
    walls.sort();
    walls[walls.len() / 2]
}

/// Wall time of that many lookups, one after the other.
fn bare_exchanges(count: usize) -> Duration {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built where the bench was");
    runtime.block_on(async {
        let stage = Embedded::default().open().await.expect("loopback has a free port");
        let begin = Instant::now();
        for _ in 0..count {
            let request = Request::new(Actor::Probe, Method::Get, "/Users", "bench")
                .with_query("filter=userName+eq+%22nobody%40example.com%22");
            let answer = stage.target.send(request).await.expect("the embedded server answers");
            assert_eq!(answer.status, 200);
        }
        begin.elapsed()
    })
}

fn main() {
    play(&["run"]);
    let (mut walls, mut peak, mut last) = (Vec::new(), None, String::new());
    let page = std::env::temp_dir().join("scimulate-bench.html");
    let mut with_page = Vec::new();
    for _ in 0..RUNS {
        let one = play(&["run"]);
        with_page.push(
            play(&["run", "--html", &page.to_string_lossy()]).wall.as_secs_f64() / one.wall.as_secs_f64(),
        );
        walls.push(one.wall);
        peak = peak.max(one.peak);
        last = one.output;
    }
    with_page.sort_by(f64::total_cmp);
    let run = median(walls);
    let verdict = last.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
    println!("{verdict}");
    let requests: usize = verdict
        .split("; ")
        .find_map(|part| part.split_once(" requests"))
        .and_then(|(number, _)| number.replace(',', "").trim().parse().ok())
        .expect("the last line names the number of requests");
    let bare = bare_exchanges(requests);
    println!("scimulate run        {run:>10.1?}   median of {RUNS}");
    println!("bare exchanges       {bare:>10.1?}   {requests} lookups");
    println!("ratio                {:>10.2}", run.as_secs_f64() / bare.as_secs_f64());
    println!("with --html          {:>10.2}   times a run without, median of {RUNS}", with_page[RUNS / 2]);
    match peak {
        Some(peak) => println!("peak memory          {:>10.1} MiB", peak as f64 / 1024.0),
        None => println!("peak memory          not told by this system"),
    }
    let version = median((0..RUNS).map(|_| play(&["--version"]).wall).collect());
    println!("scimulate --version  {version:>10.1?}   median of {RUNS}");
    let size = std::fs::metadata(PROGRAM).map_or(0, |file| file.len());
    println!("program              {:>10.1} MB", size as f64 / 1e6);
}
