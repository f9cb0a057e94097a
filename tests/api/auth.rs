use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use masthead::accounts;
use masthead::types::{Parse, Role};
use serde_json::{Value, json};

use crate::harness::{PASSWORD, TestApp};

const EMAIL: &str = "writer@example.com";

async fn log_in(app: &TestApp) -> (String, String) {
    let tokens = app.log_in(EMAIL).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn app_with_writer(settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(settings).await;
    app.add_user(EMAIL, Role::Editor).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_gives_a_pair_of_tokens_that_says_nothing_personal() {
    let app = app_with_writer(&[]).await;
    let tokens = app.log_in(EMAIL).await;
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let access = tokens["access_token"].as_str().unwrap();
    let part = |index: usize| -> Value {
        serde_json::from_slice(
            &URL_SAFE_NO_PAD
                .decode(access.split('.').nth(index).unwrap())
                .unwrap(),
        )
        .unwrap()
    };
    let claims = part(1);
    for name in ["iss", "aud", "sub", "role", "iat", "nbf", "exp", "jti"] {
        assert!(!claims[name].is_null(), "{name}");
    }
    assert!(!claims.to_string().contains('@'));
    let keys = app
        .anonymous()
        .get("@/.well-known/jwks.json")
        .await
        .expect(200);
    assert_eq!(keys.body["keys"][0]["kid"], part(0)["kid"]);
    assert_eq!(
        app.bearer(access)
            .get("/auth/me")
            .await
            .expect(200)
            .text_of("email"),
        EMAIL
    );
    let secrets =
        "select count(*) from refresh_tokens where encode(token_hash, 'escape') like 'mhr_%'";
    assert_eq!(app.rows(secrets).await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_unknown_and_disabled_are_answered_alike() {
    let app = app_with_writer(&[]).await;
    app.add_user("gone@example.com", Role::Editor).await;
    accounts::disable(&app.platform, &Parse::parse("gone@example.com").unwrap())
        .await
        .unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        (EMAIL, "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
    ] {
        let mut refused = app
            .anonymous()
            .post(
                "/auth/token",
                json!({ "email": email, "password": password }),
            )
            .await
            .expect(401);
        refused.body["request_id"] = Value::Null;
        let mut names: Vec<String> = refused.headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        answers.push((refused.body, names));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_whatever_headers_say() {
    let app = app_with_writer(&[("MASTHEAD_RATE_LIMITS", "on")]).await;
    for number in 0..10 {
        let spelling = if number % 2 == 0 {
            EMAIL.to_owned()
        } else {
            EMAIL.to_uppercase()
        };
        let guess = json!({ "email": spelling, "password": "wrong password" });
        app.anonymous()
            .with("x-forwarded-for", &format!("198.51.100.{number}"))
            .post("/auth/token", guess)
            .await
            .expect(401);
    }
    let right = json!({ "email": EMAIL, "password": PASSWORD });
    let refused = app
        .anonymous()
        .with("x-forwarded-for", "198.51.100.99")
        .post("/auth/token", right.clone())
        .await
        .expect(429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(refused.header("ratelimit-policy").contains("q=10"));
    app.platform.clock.advance(TimeDelta::minutes(16));
    app.anonymous().post("/auth/token", right).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let app = app_with_writer(&[]).await;
    let (_, refresh) = log_in(&app).await;
    let exchange = async |token: &str| {
        app.anonymous()
            .post("/auth/refresh", json!({ "refresh_token": token }))
            .await
    };
    let next = exchange(&refresh).await.expect(200);
    app.bearer(&next.text_of("access_token"))
        .get("/auth/me")
        .await
        .expect(200);

    exchange(&refresh).await.expect(401);

    exchange(&next.text_of("refresh_token")).await.expect(401);
    app.bearer(&next.text_of("access_token"))
        .get("/auth/me")
        .await
        .expect(401);
    exchange("mhr_unknown").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_refreshes_with_one_token_at_most_one_wins() {
    let app = app_with_writer(&[]).await;
    let (_, refresh) = log_in(&app).await;
    let client = app.anonymous();
    let racing = (0..12).map(|_| client.post("/auth/refresh", json!({ "refresh_token": refresh })));
    let won = futures::future::join_all(racing)
        .await
        .iter()
        .filter(|reply| reply.status == 200)
        .count();
    assert!(won <= 1, "{won} won");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_ends_one_session_or_all() {
    let app = app_with_writer(&[]).await;
    let ((one, one_refresh), (two, _), (three, _)) =
        (log_in(&app).await, log_in(&app).await, log_in(&app).await);
    app.bearer(&one)
        .post("/auth/logout", json!({}))
        .await
        .expect(204);
    app.bearer(&one).get("/auth/me").await.expect(401);
    app.anonymous()
        .post("/auth/refresh", json!({ "refresh_token": one_refresh }))
        .await
        .expect(401);
    app.bearer(&two)
        .post("/auth/logout?all=true", json!({}))
        .await
        .expect(204);
    app.bearer(&three).get("/auth/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let app = app_with_writer(&[]).await;
    let ((mine, _), (other, _)) = (log_in(&app).await, log_in(&app).await);
    let change =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let me = app.bearer(&mine);
    let refused = me
        .post(
            "/auth/password",
            change("wrong password", "a much better one"),
        )
        .await
        .expect(422);
    assert_eq!(refused.faults(), ["#/current_password wrong_password"]);
    for guessed in ["password123", "Letmein123!", EMAIL, "Robin-Writer-1"] {
        let weak = me
            .post("/auth/password", change(PASSWORD, guessed))
            .await
            .expect(422);
        assert_eq!(weak.faults(), ["#/new_password too_common"], "{guessed}");
    }

    me.post("/auth/password", change(PASSWORD, "a much better one"))
        .await
        .expect(204);

    me.get("/auth/me").await.expect(200);
    app.bearer(&other).get("/auth/me").await.expect(401);
    app.anonymous()
        .post(
            "/auth/token",
            json!({ "email": EMAIL, "password": PASSWORD }),
        )
        .await
        .expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_loses_its_rights_at_once() {
    let app = app_with_writer(&[]).await;
    let (access, refresh) = log_in(&app).await;
    accounts::disable(&app.platform, &Parse::parse(EMAIL).unwrap())
        .await
        .unwrap();
    app.bearer(&access).get("/editor/tags").await.expect(401);
    app.anonymous()
        .post("/auth/refresh", json!({ "refresh_token": refresh }))
        .await
        .expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_that_counts_is_the_one_in_the_database() {
    let app = app_with_writer(&[]).await;
    let (access, _) = log_in(&app).await;
    app.bearer(&access).get("/editor/tags").await.expect(200);
    app.execute("update users set role = 'author'").await;
    app.bearer(&access).get("/editor/tags").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_tokens_open_nothing() {
    let app = app_with_writer(&[]).await;
    let (access, refresh) = log_in(&app).await;
    let parts: Vec<&str> = access.split('.').collect();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let with = |value: &Value, name: &str, new: Value| {
        let mut changed = value.clone();
        changed[name] = new;
        changed
    };
    let key = app.anonymous().get("@/.well-known/jwks.json").await.body["keys"][0]["x"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut confused = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    confused.kid = header["kid"].as_str().map(str::to_owned);
    confused.typ = Some("at+jwt".to_owned());
    let secret = jsonwebtoken::EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(&key).unwrap());
    let mut tokens = vec![
        String::new(),
        "x".to_owned(),
        refresh.clone(),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!(
            "{}.{}.{}",
            parts[0],
            encode(&with(&claims, "role", json!("admin"))),
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            encode(&with(&header, "kid", json!("../../etc/passwd"))),
            parts[1],
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            encode(&with(&header, "kid", Value::Null)),
            parts[1],
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            encode(&with(&header, "jku", json!("http://127.0.0.1:9"))),
            parts[1],
            parts[2]
        ),
        jsonwebtoken::encode(&confused, &claims, &secret).unwrap(),
    ];
    for algorithm in ["none", "None", "NONE", "nOnE", "HS256", "ES256", ""] {
        let forged = encode(&with(&header, "alg", json!(algorithm)));
        tokens.push(format!("{forged}.{}.", parts[1]));
        tokens.push(format!("{forged}.{}.{}", parts[1], parts[2]));
    }
    for token in &tokens {
        app.bearer(token).get("/auth/me").await.expect(401);
    }
    app.anonymous()
        .get(&format!("/auth/me?access_token={access}"))
        .await
        .expect(401);
    app.anonymous()
        .post("/auth/refresh", json!({ "refresh_token": access }))
        .await
        .expect(401);
    app.anonymous()
        .with("authorization", &format!("Basic {access}"))
        .get("/auth/me")
        .await
        .expect(401);
    app.bearer(&access).get("/auth/me").await.expect(200);
    app.platform.clock.advance(TimeDelta::minutes(16));
    app.bearer(&access).get("/auth/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_keep_their_own_public_side() {
    let app = app_with_writer(&[]).await;
    let (access, _) = log_in(&app).await;
    let me = app.bearer(&access);
    let before = me.get("/auth/me").await.expect(200);
    let changed = me
        .with("if-match", &before.etag())
        .patch("/auth/me", json!({ "name": "Kim Reed", "bio": "Writes." }))
        .await
        .expect(200);
    assert_eq!(
        (changed.text_of("name"), changed.text_of("bio")),
        ("Kim Reed".to_owned(), "Writes.".to_owned())
    );
    me.with("if-match", &before.etag())
        .patch("/auth/me", json!({ "name": "Lost" }))
        .await
        .expect(412);
    assert_eq!(
        me.patch("/auth/me", json!({ "role": "admin" }))
            .await
            .expect(400)
            .faults(),
        ["#/role unknown_member"]
    );
    assert_eq!(
        me.patch("/auth/me", json!({ "name": null }))
            .await
            .expect(422)
            .faults(),
        ["#/name required"]
    );
}
