use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Some kind of person at the other end of the line.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    headers: HeaderMap,
}

/// What the API answered.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Client {
    pub(super) fn new(http: reqwest::Client, address: &str, token: Option<&str>) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(
                "authorization",
                HeaderValue::from_str(&format!("Bearer {token}")).unwrap(),
            );
        }
        Self {
            http,
            address: address.to_owned(),
            headers,
        }
    }

    /// The same person, who also sends this header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        other
            .headers
            .insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        other
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()))
            .await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes()))
            .await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Asks, and reads nothing of the answer's body yet.
    pub async fn open(&self, path: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}/api/v1{path}", self.address));
        request.headers(self.headers.clone()).send().await.unwrap()
    }

    /// Sends any method with any bytes. A path below `/api/v1` is written without it; one of the site with `@` before it.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Reply {
        let path = path
            .strip_prefix('@')
            .map_or_else(|| format!("/api/v1{path}"), str::to_owned);
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.address))
            .headers(self.headers.clone());
        if let Some(body) = body {
            if !self.headers.contains_key("content-type") {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            body,
            text,
        }
    }
}

impl Reply {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The entity tag.
    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    /// A member that is text.
    pub fn text_of(&self, member: &str) -> String {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("no text in `{member}` of {}", self.body))
            .to_owned()
    }

    /// Fails unless the status is as expected, and shows the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The pointers and parameters of all faults, with their codes.
    pub fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let place = |fault: &Value| {
            fault["pointer"]
                .as_str()
                .or(fault["parameter"].as_str())
                .unwrap_or("?")
                .to_owned()
        };
        errors
            .iter()
            .map(|fault| format!("{} {}", place(fault), fault["code"].as_str().unwrap_or("?")))
            .collect()
    }

    /// The values of one member in a list's entries.
    pub fn each(&self, member: &str) -> Vec<Value> {
        self.body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("no list in {}", self.body))
            .iter()
            .map(|entry| entry[member].clone())
            .collect()
    }
}
