"""Downloads with Range (RFC 9110 section 14) and streamed uploads over HTTP and HTTPS."""

from __future__ import annotations

import base64
import ssl
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ocpp_kernel.transports.transfer_job import Job, Known, TransferError

if TYPE_CHECKING:
    from ocpp_kernel.transports.transfers import Download, Options, Upload

#: Bytes read at once.
PIECE = 65536
#: Characters of a URL that are left as they are.
_SAFE = "%/:=&?~+!$,;'@()*[]"


def fetch(address: SplitResult, job: Download, options: Options) -> None:
    """Fetches what is missing; raises OSError, HTTPException or TransferError."""
    start, version = job.there()
    request = _request(address, "GET")
    if start:
        request.add_unredirected_header("Range", f"bytes={start}-")
        request.add_unredirected_header("If-Range", version)
    try:
        with _open(request, job, options) as response:
            _keep(response, start, job)
    except TransferError as error:
        if not start or "HTTP 416" not in str(error):
            raise
        # There is nothing from there on: what is here is no part of what is there now.
        job.forget()
        with _open(_request(address, "GET"), job, options) as response:
            _keep(response, 0, job)


def send(address: SplitResult, job: Upload, options: Options) -> None:
    """Sends what the job is fed; raises OSError, HTTPException or TransferError."""
    request = _request(address, job.method)
    # First, since it takes a length given before for that of other data.
    request.data = job.pieces()
    request.add_header("Content-Type", "application/octet-stream")
    request.add_header("Content-Length", str(job.size))
    with _open(request, job, options) as response:
        response.read(PIECE)


def _request(address: SplitResult, method: str) -> urllib.request.Request:
    """Credentials of the URL go to its own server only, not to where that may redirect."""
    host = address.netloc.rpartition("@")[2]
    target = address._replace(
        netloc=host,
        path=quote(address.path or "/", _SAFE),
        query=quote(address.query, _SAFE),
        fragment="",
    )
    request = urllib.request.Request(target.geturl(), method=method)  # noqa: S310 - http(s) only
    if address.username is not None:
        credentials = f"{unquote(address.username)}:{unquote(address.password or '')}"
        encoded = base64.b64encode(credentials.encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return request


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows those of downloads only, and none that gives up encryption."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """See urllib; what is not followed is an answer like any other that is no success."""
        if req.get_method() != "GET":
            # What it leads to would be fetched, and that taken for a stored upload.
            raise HTTPError(req.full_url, code, msg, headers, fp)
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            fp.close()
            raise TransferError("the server redirects from https to an address without")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _connections(job: Job) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    """Such as the job can be ended by."""

    class Plain(Known, HTTPConnection):
        pass

    class Secure(Known, HTTPSConnection):
        pass

    Plain.job = Secure.job = job
    return Plain, Secure


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, kind: type[HTTPConnection]) -> None:
        super().__init__()
        self._kind = kind

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._kind, req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, kind: type[HTTPSConnection], context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._kind = kind
        self._used = context

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._kind, req, context=self._used)


def _open(request: urllib.request.Request, job: Job, options: Options) -> HTTPResponse:
    """A successful answer, redirections followed (of downloads only)."""
    plain, secure = _connections(job)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(None if options.proxies else {}),
        _Plain(plain),
        _Secure(secure, options.ssl_context),
        _Redirections(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    try:
        response: HTTPResponse = opener.open(request, timeout=options.timeout)
    except HTTPError as error:
        with error:
            text = f"the server answers HTTP {error.code} {error.reason}".rstrip()
        raise TransferError(text) from None
    return response


def _keep(response: HTTPResponse, start: int, job: Download) -> None:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    if response.status != 206:
        start = 0
    else:
        total = _whole(response.headers.get("Content-Range", ""), start, total)
    job.keep(start, total, _version(response), _pieces(response))


def _whole(told: str, start: int, length: int | None) -> int | None:
    """The file's size as far as it is told; the part may end before it (RFC 9110 section 14.4)."""
    span, _, size = told.partition("/")
    if not span.startswith(f"bytes {start}-"):
        raise TransferError("the server sends another part than it was asked for")
    if size.isdigit():
        return int(size)
    return None if length is None else start + length


def _version(response: HTTPResponse) -> str:
    """What If-Range takes; "" where the server says nothing by which to know the file again."""
    tag = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return str(tag)
    return str(response.headers.get("Last-Modified", ""))


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    while piece := response.read1(PIECE):
        yield piece
