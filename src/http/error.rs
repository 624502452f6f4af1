//! Errors as answers: `application/problem+json` of RFC 9457 with a stable `code`. The only place that
//! knows status codes.

use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError, UrlencodedError};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use serde::{Deserialize, Serialize};

use super::middleware::request_id;
use crate::db::DbError;
use crate::service::ServiceError;

/// What handlers return.
pub type HttpResult<T> = Result<T, HttpError>;

/// A failed request: a use case's refusal, or what is wrong with the request itself.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A use case did not do it.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The request cannot be read: broken JSON, a missing field, a malformed id in the path.
    #[error("{0}")]
    BadRequest(String),
    /// The body is larger than this route takes.
    #[error("the body is too large: {limit} bytes are the most")]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: usize,
    },
    /// The body is of another type than this route takes.
    #[error("send the body as {0}")]
    WrongType(&'static str),
    /// No route has this path.
    #[error("there is nothing at this address")]
    NoRoute,
    /// The path exists with other methods.
    #[error("this address takes {0}")]
    NoMethod(String),
}

impl From<DbError> for HttpError {
    fn from(error: DbError) -> Self {
        Self::Service(ServiceError::Db(error))
    }
}

/// A text that PostgreSQL cannot keep (SQLSTATE 22021): the sender's fault and no defect, should one ever pass the check
/// of [`super::middleware`].
fn is_unfit_text(error: &DbError) -> bool {
    matches!(error, DbError::Refused(text) if text.contains("invalid byte sequence for encoding"))
}

/// An error's body (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:kopilka:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:kopilka:problem:not_found")]
    pub kind: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The status again.
    #[schema(example = 404)]
    pub status: u16,
    /// What is wrong, for people.
    #[schema(example = "there is no such store")]
    pub detail: String,
    /// A stable word for programs.
    #[schema(example = "not_found")]
    pub code: String,
    /// The field that is wrong, when it is one field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// `urn:kopilka:request:` and the request's id, which is also in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl HttpError {
    /// An error of actix' own: a body that is too large or broken off, and the like.
    pub(super) fn from_actix(error: &actix_web::Error) -> Self {
        match error.as_response_error().status_code() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge { limit: super::server::BODY_LIMIT },
            status if status.is_client_error() => Self::BadRequest(error.to_string()),
            _ => Self::Service(ServiceError::internal(error)),
        }
    }

    /// The status and the stable code.
    #[must_use]
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Service(error) => service_status(error),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::WrongType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "no_such_route"),
            Self::NoMethod(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        }
    }

    /// The text for outsiders: what went wrong inside stays in the log.
    fn detail(&self) -> String {
        match self {
            Self::Service(ServiceError::Db(error)) if is_unfit_text(error) => {
                "a text holds a NUL character (U+0000), which no text may have".to_owned()
            }
            Self::Service(ServiceError::Db(_) | ServiceError::Stream(_)) => {
                "the service cannot do this right now; try again shortly".to_owned()
            }
            Self::Service(ServiceError::Internal(_)) => "something went wrong on our side; it was logged".to_owned(),
            Self::Service(_)
            | Self::BadRequest(_)
            | Self::TooLarge { .. }
            | Self::WrongType(_)
            | Self::NoRoute
            | Self::NoMethod(_) => self.to_string(),
        }
    }

    /// The body of the answer.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (status, code) = self.status_and_code();
        let code = if let Self::Service(ServiceError::Refused { code, .. } | ServiceError::Conflict { code, .. }) = self
        {
            code
        } else {
            code
        };
        let field =
            if let Self::Service(ServiceError::Invalid { field, .. }) = self { Some(field.clone()) } else { None };
        Problem {
            kind: format!("urn:kopilka:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
            code: code.to_owned(),
            field,
            instance: request_id().map(|id| format!("urn:kopilka:request:{id}")),
        }
    }

    /// What the answer says beside its body.
    pub(super) fn extra_header(&self) -> Option<(HeaderName, String)> {
        match self {
            Self::Service(ServiceError::TooMany { retry_after_seconds }) => {
                Some((RETRY_AFTER, retry_after_seconds.to_string()))
            }
            Self::Service(
                ServiceError::Db(DbError::Unavailable(_) | DbError::Overloaded | DbError::Again(_))
                | ServiceError::Stream(_),
            ) => Some((RETRY_AFTER, "2".to_owned())),
            Self::Service(ServiceError::Unauthenticated) => Some((WWW_AUTHENTICATE, "Bearer".to_owned())),
            Self::NoMethod(methods) => Some((ALLOW, methods.clone())),
            Self::Service(_) | Self::BadRequest(_) | Self::TooLarge { .. } | Self::WrongType(_) | Self::NoRoute => None,
        }
    }

    /// Writes the cause of a failure of ours to the log, where the answer does not tell it.
    pub(super) fn log(&self) {
        if let Self::Service(ServiceError::Db(cause)) = self {
            tracing::error!(request = request_id(), %cause, "a request failed in the database");
        }
        if let Self::Service(ServiceError::Stream(cause)) = self {
            // The stream's own task tells of a failure once; a line for each request would say no more.
            tracing::debug!(request = request_id(), %cause, "a click could not be kept");
        }
        if let Self::Service(ServiceError::Internal(cause)) = self {
            tracing::error!(request = request_id(), %cause, "a request failed by a defect");
        }
    }
}

fn service_status(error: &ServiceError) -> (StatusCode, &'static str) {
    match error {
        ServiceError::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
        ServiceError::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        ServiceError::Refused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
        ServiceError::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
        ServiceError::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        ServiceError::WrongCredentials => (StatusCode::UNAUTHORIZED, "wrong_credentials"),
        ServiceError::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        ServiceError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
        ServiceError::Db(error) if is_unfit_text(error) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        ServiceError::Db(DbError::Unavailable(_) | DbError::Overloaded | DbError::Again(_))
        | ServiceError::Stream(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        ServiceError::Db(DbError::Taken(_) | DbError::Corrupt(_) | DbError::Refused(_)) | ServiceError::Internal(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal")
        }
    }
}

impl ResponseError for HttpError {
    fn status_code(&self) -> StatusCode {
        self.status_and_code().0
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let mut answer = HttpResponseBuilder::new(self.status_code());
        if let Some(header) = self.extra_header() {
            answer.insert_header(header);
        }
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        answer.content_type("application/problem+json").body(body)
    }
}

/// actix's own complaint about a JSON body, in our words.
pub(super) fn json_error(error: JsonPayloadError, _request: &HttpRequest) -> actix_web::Error {
    match error {
        JsonPayloadError::Overflow { limit } | JsonPayloadError::OverflowKnownLength { limit, .. } => {
            HttpError::TooLarge { limit }
        }
        JsonPayloadError::ContentType => HttpError::WrongType("application/json"),
        JsonPayloadError::Deserialize(cause) => HttpError::BadRequest(format!("the JSON body: {cause}")),
        other @ (JsonPayloadError::Serialize(_) | JsonPayloadError::Payload(_) | _) => {
            HttpError::BadRequest(format!("the body: {other}"))
        }
    }
    .into()
}

/// A query string that cannot be read.
pub(super) fn query_error(error: QueryPayloadError, _request: &HttpRequest) -> actix_web::Error {
    HttpError::BadRequest(format!("the query: {error}")).into()
}

/// A path segment that cannot be read, such as a malformed id: there is nothing there.
pub(super) fn path_error(_error: PathError, _request: &HttpRequest) -> actix_web::Error {
    HttpError::NoRoute.into()
}

/// A form that cannot be read.
pub(super) fn form_error(error: UrlencodedError, _request: &HttpRequest) -> actix_web::Error {
    match error {
        UrlencodedError::Overflow { limit, .. } => HttpError::TooLarge { limit },
        UrlencodedError::ContentType => HttpError::WrongType("application/x-www-form-urlencoded"),
        other @ (UrlencodedError::Chunked
        | UrlencodedError::UnknownLength
        | UrlencodedError::Parse(_)
        | UrlencodedError::Encoding
        | UrlencodedError::Serialize(_)
        | UrlencodedError::Payload(_)
        | _) => HttpError::BadRequest(format!("the form: {other}")),
    }
    .into()
}
