//! What a frame of the window costs with a large log open, and whether it stays so: the real window, headless, driven
//! as a person would. CPU time of the window's own thread, layout and tessellation in, for every view at two sizes of
//! the log that differ ten times: work that grew with the log would show as a ratio. Then a soak: a thousand actions at
//! random, with the slowest frames named and the memory before and after.
//!
//! `SAGASCOPE_BENCH_LOG` names a file to use for the soak instead of the generated log; nothing else is measured then.

use std::path::{Path, PathBuf};

use cpu_time::ThreadTime;
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Vec2, pos2, vec2};
use sagascope::base::prng::Prng;
use sagascope::index::touched;
use sagascope::ui::command::{GoCommand, WindowCommand};
use sagascope::ui::screenshot::{Shot, Stage};
use sagascope::ui::theme::Theme;
use sagascope::ui::view::{VIEWS, ViewClass};

use crate::{Ground, generated, measure};

/// Of the window, in points.
const SIZE: Vec2 = vec2(1_280.0, 800.0);
/// Frames measured of each view.
const FRAMES: u64 = 120;
/// Actions of the soak.
const ACTIONS: usize = 1_000;
/// Frames drawn after each action of the soak.
const FRAMES_AFTER: usize = 4;
/// A frame over this is named.
const SLOW_MS: f64 = 50.0;

/// Questions of the soak, cheap ones and such that read every payload.
const QUERIES: &[&str] = &[
    "",
    "type:payment.*",
    "declined",
    "data.amount>5000",
    "stream.events>100",
    "type:order.created or type:payment.failed",
    "-type:stock.*",
    "type:(",
];

pub(crate) fn run(ground: &Ground) -> anyhow::Result<()> {
    println!("CPU milliseconds of the window's thread for a frame, layout and tessellation in\n");
    if let Some(given) = std::env::var_os("SAGASCOPE_BENCH_LOG") {
        return soak(&PathBuf::from(given));
    }
    let small = generated(ground.folder.path(), ground.events / 10)?;
    views(&small, &ground.lines)?;
    soak(&ground.lines)
}

/// Opens a log and draws until everything is there.
fn stage(log: &Path) -> anyhow::Result<Stage> {
    let shot = Shot {
        stores: vec![log.to_owned()],
        run: None,
        moment: None,
        view: None,
        stream: None,
        at: None,
        filter: String::new(),
        theme: Theme::Dark,
        size: SIZE,
        scale: 1.0,
    };
    let mut stage = Stage::new(&shot)?;
    while stage.app().document().is_none_or(|document| !document.progress.finished) {
        stage.frame();
        std::thread::yield_now();
    }
    settle(&mut stage);
    Ok(stage)
}

/// Draws until every answer is there, however long that takes.
fn settle(stage: &mut Stage) {
    loop {
        stage.settle();
        if stage.app().is_settled() {
            return;
        }
    }
}

/// What a frame cost.
#[derive(Clone, Copy)]
struct Cost {
    milliseconds: f64,
    /// Events that were looked at.
    touched: u64,
}

/// Draws one frame.
fn frame(stage: &mut Stage) -> Cost {
    let before = touched();
    let began = ThreadTime::now();
    stage.frame();
    let window = stage.window();
    if let Some(output) = window.output() {
        let shapes = output.shapes.clone();
        std::hint::black_box(window.ctx().tessellate(shapes, output.pixels_per_point));
    }
    Cost { milliseconds: began.elapsed().as_secs_f64() * 1e3, touched: touched() - before }
}

/// Middle, 99th percentile and greatest of some costs, in milliseconds.
fn spread(costs: &[Cost]) -> [f64; 3] {
    let mut costs: Vec<f64> = costs.iter().map(|cost| cost.milliseconds).collect();
    costs.sort_by(f64::total_cmp);
    let at = |percent: usize| costs[(costs.len() - 1) * percent / 100];
    [at(50), at(99), at(100)]
}

/// Events that a frame looked at in the middle, and at most.
fn looks(costs: &[Cost]) -> [u64; 2] {
    let mut looks: Vec<u64> = costs.iter().map(|cost| cost.touched).collect();
    looks.sort_unstable();
    [looks[(looks.len() - 1) / 2], looks[looks.len() - 1]]
}

/// What a person does in a view: scrolls down and up, steps, and moves the pointer.
fn use_view(stage: &mut Stage, class: &ViewClass) -> Vec<Cost> {
    stage.app().send(WindowCommand::ShowView(class.id));
    settle(stage);
    let middle = pos2(SIZE.x * 0.45, SIZE.y * 0.3);
    let costs = (0..FRAMES).map(|turn| {
        let at = middle + vec2(turn as f32, (turn % 40) as f32);
        stage.window().event(Event::PointerMoved(at));
        match turn % 12 {
            0..6 => wheel(stage, if turn < FRAMES / 2 { -240.0 } else { 240.0 }, Modifiers::NONE),
            8 => press(stage, Key::ArrowRight, Modifiers::NONE),
            10 => press(stage, Key::PageDown, Modifiers::NONE),
            _ => {}
        }
        frame(stage)
    });
    let costs = costs.collect();
    settle(stage);
    costs
}

fn wheel(stage: &mut Stage, points: f32, modifiers: Modifiers) {
    stage.window().event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        modifiers,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
    });
}

fn press(stage: &mut Stage, key: Key, modifiers: Modifiers) {
    for pressed in [true, false] {
        stage.window().event(Event::Key { key, physical_key: None, pressed, repeat: false, modifiers });
    }
}

fn click(stage: &mut Stage, at: Pos2) {
    stage.window().event(Event::PointerMoved(at));
    for pressed in [true, false] {
        stage.window().event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
}

/// Every view at both sizes.
fn views(small: &Path, large: &Path) -> anyhow::Result<()> {
    let (mut few, mut many) = (stage(small)?, stage(large)?);
    let events = |stage: &Stage| stage.app().document().map_or(0, |document| document.log().len());
    println!("{} and {} events, {} by {} points", events(&few), events(&many), SIZE.x, SIZE.y);
    println!(
        "{:14} {:>8} {:>8} {:>8}   {:>22} {:>16} {:>24}",
        "view",
        "middle",
        "99 %",
        "most",
        "middle, ten times less",
        "events looked at",
        "most, ten times less"
    );
    let (mut slowest, mut busiest) = ([0.0_f64; 2], (0, ""));
    for class in VIEWS {
        let (few, many) = (use_view(&mut few, class), use_view(&mut many, class));
        let ([of_few, ..], [middle, most, worst]) = (spread(&few), spread(&many));
        let ([_, few_touched], [touched, most_touched]) = (looks(&few), looks(&many));
        slowest = [slowest[0].max(middle), slowest[1].max(most)];
        busiest = busiest.max((touched, class.id));
        println!(
            "{:14} {middle:8.2} {most:8.2} {worst:8.2}   {of_few:8.2} = 1 : {:6.2} {touched:16} {most_touched:>12} {few_touched:>11}",
            class.id,
            middle / of_few
        );
    }
    println!();
    let [middle, most] = slowest;
    measure::line(
        "a frame, slowest view",
        format!("{middle:.1} ms, 99 % {most:.1} ms"),
        "",
        "",
        Some(("4 ms, 99 % 8 ms", middle <= 4.0 && most <= 8.0)),
    );
    measure::line(
        &format!("events that a frame looks at, most in {}", busiest.1),
        busiest.0.to_string(),
        "",
        "",
        None,
    );
    Ok(())
}

/// Bytes of memory in use, as the system counts them.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace().nth(1)?.parse::<u64>().ok().map(|pages| pages * 4_096)
}

/// An action at random, in words.
fn act(stage: &mut Stage, random: &mut Prng) -> String {
    const KEYS: &[Key] = &[
        Key::ArrowDown,
        Key::ArrowUp,
        Key::ArrowRight,
        Key::ArrowLeft,
        Key::PageDown,
        Key::PageUp,
        Key::Home,
        Key::End,
        Key::N,
        Key::O,
        Key::E,
        Key::B,
        Key::C,
        Key::I,
        Key::W,
        Key::A,
        Key::S,
        Key::D,
        Key::Space,
        Key::OpenBracket,
        Key::CloseBracket,
        Key::Backslash,
        Key::Escape,
        Key::Enter,
        Key::Tab,
        Key::L,
        Key::U,
    ];
    // Below the menus, whose dialogs nobody answers.
    let at = pos2(random.below(SIZE.x as u64) as f32, 48.0 + random.below(SIZE.y as u64 - 56) as f32);
    match random.below(10) {
        0..3 => {
            let key = KEYS[random.below(KEYS.len() as u64) as usize];
            let modifiers = if random.below(4) == 0 { Modifiers::SHIFT } else { Modifiers::NONE };
            press(stage, key, modifiers);
            format!("key {key:?} {modifiers:?}")
        }
        3..5 => {
            let points = random.below(8_000) as f32 - 4_000.0;
            let modifiers = if random.below(5) == 0 { Modifiers::COMMAND } else { Modifiers::NONE };
            stage.window().event(Event::PointerMoved(at));
            wheel(stage, points, modifiers);
            format!("wheel {points} at {at:?}")
        }
        5..8 => {
            click(stage, at);
            format!("click at {at:?}")
        }
        8 => {
            let class = VIEWS[random.below(VIEWS.len() as u64) as usize];
            stage.app().send(WindowCommand::ShowView(class.id));
            format!("show {}", class.id)
        }
        _ => {
            let query = QUERIES[random.below(QUERIES.len() as u64) as usize];
            stage.app().send(GoCommand::Filter(query.to_owned()));
            format!("query {query:?}")
        }
    }
}

fn soak(log: &Path) -> anyhow::Result<()> {
    let mut stage = stage(log)?;
    let mut random = Prng::new(7);
    let mut costs = Vec::new();
    let mut slow = Vec::new();
    let mut memory = Vec::new();
    for action in 0..ACTIONS {
        let said = act(&mut stage, &mut random);
        for _ in 0..FRAMES_AFTER {
            let cost = frame(&mut stage);
            if cost.milliseconds > SLOW_MS {
                slow.push(format!("    {:.0} ms after action {action}, {said}", cost.milliseconds));
            }
            costs.push(cost);
        }
        if action % (ACTIONS / 5) == ACTIONS / 10 {
            settle(&mut stage);
            memory.extend(resident());
        }
    }
    let frames = costs.len();
    let [middle, most, worst] = spread(&costs);
    println!(
        "{ACTIONS} actions at random, {frames} frames: middle {middle:.2}, 99 % {most:.2}, most {worst:.2} ms"
    );
    println!("frames over {SLOW_MS} ms: {}", slow.len());
    measure::line(
        &format!("{ACTIONS} actions at random"),
        format!("99 % {most:.1} ms, most {worst:.1} ms"),
        "",
        "",
        Some(("none over 50 ms", slow.is_empty())),
    );
    for line in &slow {
        println!("{line}");
    }
    let memory: Vec<String> = memory.iter().map(|bytes| format!("{} MB", bytes >> 20)).collect();
    println!("memory in use, a fifth of the way each: {}", memory.join(", "));
    Ok(())
}
