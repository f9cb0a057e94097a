use masthead::{Loaded, load_demo};

use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_content_is_loaded_once() {
    let app = TestApp::start().await;

    assert_eq!(load_demo(&app.platform).await.unwrap(), Loaded::New(15));
    assert_eq!(load_demo(&app.platform).await.unwrap(), Loaded::There);

    let articles = app
        .anonymous()
        .get("/articles?count=true&limit=1")
        .await
        .expect(200);
    assert_eq!(articles.body["pagination"]["total"], 12);
    let form = app
        .anonymous()
        .get("/articles/saturday-market-tries-the-station-square")
        .await
        .expect(200);
    assert!(form.text_of("body_html").contains("data-masthead-form"));
    for (key, display) in [("314", "slide_in"), ("garden-letter", "inline")] {
        let form = app
            .anonymous()
            .get(&format!("/forms/{key}"))
            .await
            .expect(200);
        assert_eq!(form.text_of("display"), display);
        assert!(!form.body["topics"].as_array().unwrap().is_empty());
    }
    let scheduled = app
        .editor()
        .await
        .get("/editor/articles?status=scheduled,draft")
        .await
        .expect(200);
    assert_eq!(scheduled.each("status").len(), 2);
}
