//! Writers against readers, on two instances: nobody is ever shown less than was shown before, and nobody the old for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{publish, retitle};
use crate::articles::path_of;
use crate::harness::{Client, Reply, TestApp};

const WRITERS: usize = 8;
const READERS: usize = 64;
const LASTS: Duration = Duration::from_secs(4);
/// What each instance may take until it shows a change: the first is the one that writes.
const BOUNDS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(1)];

/// What is known of one article.
struct Story {
    article: Reply,
    /// The newest version that each instance has shown to anybody.
    shown: [AtomicU64; 2],
    /// Versions that were acknowledged, and when.
    acknowledged: std::sync::Mutex<Vec<(u64, Instant)>>,
}

impl Story {
    /// The least that an instance must show to a question that is asked now.
    fn least(&self, instance: usize) -> u64 {
        let now = Instant::now();
        let acknowledged = self.acknowledged.lock().unwrap();
        let due = |at: &Instant| now.duration_since(*at) >= BOUNDS[instance];
        let promised = acknowledged
            .iter()
            .filter(|(_, at)| due(at))
            .map(|(version, _)| *version)
            .max();
        promised
            .unwrap_or(0)
            .max(self.shown[instance].load(Ordering::SeqCst))
    }

    /// Takes note of what was shown.
    fn was_shown(&self, instance: usize, version: u64) {
        self.shown[instance].fetch_max(version, Ordering::SeqCst);
    }
}

/// The version in a title such as `Story 3 version 17`.
fn version(title: &str) -> u64 {
    title.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn write(editor: Client, story: Arc<Story>, number: usize, stop: Arc<AtomicBool>) -> u64 {
    let mut version = 0;
    while !stop.load(Ordering::SeqCst) {
        version += 1;
        retitle(
            &editor,
            &story.article,
            &format!("Story {number} version {version}"),
        )
        .await;
        let mut acknowledged = story.acknowledged.lock().unwrap();
        acknowledged.push((version, Instant::now()));
    }
    version
}

async fn read(
    reader: Client,
    instance: usize,
    stories: Arc<Vec<Arc<Story>>>,
    start: usize,
    stop: Arc<AtomicBool>,
) -> u64 {
    let mut count = 0;
    let mut number = start;
    while !stop.load(Ordering::SeqCst) {
        number += 1;
        let wanted = number % (WRITERS + 2);
        let path = match stories.get(wanted) {
            Some(story) => format!("/articles/{}", story.article.text_of("id")),
            None if wanted == WRITERS => "/articles?limit=100".to_owned(),
            None => "/articles?sort=title&fields=title,id".to_owned(),
        };
        let least: Vec<u64> = stories.iter().map(|story| story.least(instance)).collect();
        let answer = reader.get(&path).await.expect(200);
        let titles: Vec<String> = match answer.body["data"].as_array() {
            Some(list) => list
                .iter()
                .map(|article| article["title"].as_str().unwrap().to_owned())
                .collect(),
            None => vec![answer.text_of("title")],
        };
        for title in titles {
            let number: usize = title.split(' ').nth(1).unwrap().parse().unwrap();
            let shown = version(&title);
            assert!(
                shown >= least[number],
                "instance {instance} shows version {shown} of story {number} at {path}, after {}",
                least[number]
            );
            stories[number].was_shown(instance, shown);
        }
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_shown_less_than_before_and_nobody_the_old_for_long() {
    let one = TestApp::start().await;
    let editor = one.editor().await;
    let other = one.beside();
    let mut stories = Vec::new();
    for number in 0..WRITERS {
        let article = publish(&editor, &format!("Story {number} version 0")).await;
        // The address stays, whatever the title becomes.
        editor
            .with("if-match", "*")
            .patch(&path_of(&article), json!({ "featured": true }))
            .await
            .expect(200);
        stories.push(Arc::new(Story {
            article,
            shown: Default::default(),
            acknowledged: std::sync::Mutex::default(),
        }));
    }
    let stories = Arc::new(stories);
    let stop = Arc::new(AtomicBool::new(false));
    let writing: Vec<_> = (0..WRITERS)
        .map(|number| {
            tokio::spawn(write(
                editor.clone(),
                stories[number].clone(),
                number,
                stop.clone(),
            ))
        })
        .collect();
    let reading: Vec<_> = (0..READERS)
        .map(|number| {
            let instance = number % 2;
            let reader = [&one, &other][instance].anonymous();
            tokio::spawn(read(
                reader,
                instance,
                stories.clone(),
                number,
                stop.clone(),
            ))
        })
        .collect();
    tokio::time::sleep(LASTS).await;
    stop.store(true, Ordering::SeqCst);
    let (mut written, mut answered) = (0, 0);
    for task in writing {
        written += task.await.unwrap();
    }
    for task in reading {
        answered += task.await.unwrap();
    }
    assert!(
        written >= 16 && answered >= 200,
        "{written} writes, {answered} reads"
    );
    // Afterwards both show the newest of everything.
    for app in [&one, &other] {
        for story in stories.iter() {
            let newest = story.acknowledged.lock().unwrap().last().unwrap().0;
            let path = format!("/articles/{}", story.article.text_of("id"));
            crate::harness::eventually("the newest is shown", async || {
                version(
                    &app.anonymous()
                        .get(&path)
                        .await
                        .expect(200)
                        .text_of("title"),
                ) == newest
            })
            .await;
        }
    }
}
