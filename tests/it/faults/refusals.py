"""What schemathesis looks for beside its own checks."""

import schemathesis


@schemathesis.check
def refusals_are_problems(ctx, response, case):
    """Every refusal is problem+json, but for what people and networks are answered in their own formats."""
    path = case.operation.path
    if not 400 <= response.status_code < 500 or path.startswith(("/go/", "/postback/")):
        return
    kind = response.headers.get("content-type", [""])[0]
    if not kind.startswith("application/problem+json"):
        raise AssertionError(f"a refusal ({response.status_code}) that is no problem: {kind or 'no content type'}")
