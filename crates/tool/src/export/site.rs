//! What each path of the server is.
//!
//! Invariant: nothing that a request says is looked up in the file system; the page and all it needs is in the
//! program, and its policy lets it load nothing else.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Notify;

use super::connections::Unsent;
use super::families::Exposition;
use super::feed::{Feed, Stream};
use super::fleet::Fleet;
use super::hosts::Hosts;
use super::metrics::Scraper;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// The files of the page, as they were when the program was built.
const FILES: [(&str, &str, &str); 7] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/page.css", CSS, include_str!("page/page.css")),
    ("/page.js", SCRIPT, include_str!("page/page.js")),
    ("/text.js", SCRIPT, include_str!("page/text.js")),
    ("/uplot.css", CSS, include_str!("page/uplot/uPlot.min.css")),
    ("/uplot.js", SCRIPT, include_str!("page/uplot/uPlot.iife.min.js")),
    ("/uplot-licence.txt", PLAIN, include_str!("page/uplot/LICENSE")),
];

/// What the page may load. uPlot sets styles by script, which is no inline style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The regions, and who looks at them.
#[derive(Debug)]
pub(crate) struct Site {
    parts: RefCell<Parts>,
    hosts: Hosts,
    /// Most pages that are open at one time.
    most_pages: usize,
    /// The first page was opened.
    pub(crate) opened: Notify,
}

#[derive(Debug)]
struct Parts {
    fleet: Fleet,
    scraper: Scraper,
    feed: Feed,
}

/// A text, or a stream of events.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is there anyway, or short.
    Whole(Option<Bytes>),
    /// Made for one client.
    Metrics(Rc<Unsent>),
    Events(Stream),
}

impl Site {
    pub(crate) fn new(fleet: Fleet, hosts: Hosts, most_pages: usize) -> Self {
        let parts = Parts { fleet, scraper: Scraper::default(), feed: Feed::default() };
        Self { parts: RefCell::new(parts), hosts, most_pages, opened: Notify::new() }
    }

    /// Sends what has changed to the pages; `false`: none is open.
    pub(crate) fn feed(&self) -> bool {
        let Parts { fleet, feed, .. } = &mut *self.parts.borrow_mut();
        if feed.pages() == 0 {
            return false;
        }
        feed.look(fleet);
        true
    }

    /// Ends the streams of all pages.
    pub(crate) fn close_pages(&self) {
        self.parts.borrow_mut().feed.close();
    }

    /// Answers a request, whose body is not read.
    pub(crate) fn answer(&self, request: &Request<Incoming>) -> Response<Answer> {
        if let Some(refusal) = self.refused_host(request) {
            return refusal;
        }
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return answer;
        }
        match request.uri().path() {
            "/metrics" => self.metrics(request),
            "/events" => self.events(),
            path => match FILES.iter().find(|(known, ..)| *known == path) {
                Some((_, content_type, text)) => {
                    whole(content_type, Bytes::from_static(text.as_bytes()))
                }
                None => refusal(StatusCode::NOT_FOUND, "not here; see / and /metrics\n"),
            },
        }
    }

    /// The answer to a request that calls this server by another name.
    fn refused_host(&self, request: &Request<Incoming>) -> Option<Response<Answer>> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Some(refusal(StatusCode::BAD_REQUEST, "one Host is needed\n"));
        };
        // `GET http://name/metrics`: that name counts, too.
        let is_own = [Some(host.to_str().unwrap_or_default()), request.uri().host()]
            .into_iter()
            .flatten()
            .all(|name| self.hosts.has(name));
        let why = "the request is for another server; use localhost or the address, or start \
                   mapcast export with --host NAME\n";
        (!is_own).then(|| refusal(StatusCode::FORBIDDEN, why))
    }

    fn metrics(&self, request: &Request<Incoming>) -> Response<Answer> {
        let accepted = request.headers().get_all(header::ACCEPT).iter();
        let accepted: Vec<_> = accepted.filter_map(|accept| accept.to_str().ok()).collect();
        let exposition = Exposition::accepted(&accepted.join(","));
        let text = Unsent::new(self.scrape(exposition));
        response(StatusCode::OK, exposition.content_type(), Answer::Metrics(text))
    }

    fn scrape(&self, exposition: Exposition) -> String {
        let Parts { fleet, scraper, .. } = &mut *self.parts.borrow_mut();
        scraper.scrape(fleet).encode(exposition)
    }

    fn events(&self) -> Response<Answer> {
        let Parts { fleet, feed, .. } = &mut *self.parts.borrow_mut();
        if feed.pages() >= self.most_pages {
            return refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many pages are open; close one\n",
            );
        }
        let events = feed.open(fleet);
        self.opened.notify_one();
        response(StatusCode::OK, "text/event-stream", Answer::Events(events))
    }
}

fn whole(content_type: &'static str, text: Bytes) -> Response<Answer> {
    response(StatusCode::OK, content_type, Answer::Whole(Some(text)))
}

fn refusal(status: StatusCode, why: &'static str) -> Response<Answer> {
    response(status, PLAIN, Answer::Whole(Some(Bytes::from_static(why.as_bytes()))))
}

fn response(status: StatusCode, content_type: &'static str, body: Answer) -> Response<Answer> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take()),
            Self::Metrics(unsent) => Poll::Ready(unsent.take()),
            Self::Events(stream) => stream.events.poll_recv(context),
        };
        bytes.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Metrics(unsent) => SizeHint::with_exact(unsent.len() as u64),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
