"""
A stand-in for Salt's own http_json pillar, with its name and its settings. Salt's makes an empty pillar out of a
refused connection, a 404, a 5xx or a slow answer, and states run on that. This one fails, always, unless the answer is
whole and meant for this minion: then Salt puts ``_errors`` into the pillar and refuses to run anything.

.. code-block:: yaml

    ext_pillar:
      - http_json:
          url: http://127.0.0.1:8081/agents?minion=%s
          header_dict: {Authorization: "Bearer TOKEN"}

Settings: url (%s is the minion's id), with_grains, header_dict, auth, username, password. namespace is refused: it
would bury ``_errors``.
"""

import base64
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

SCHEMA = 1
SECONDS = 3.0  # in all: the master's worker waits
MOST = 4 * 1024 * 1024


class Failed(Exception):
    """Its text reaches the minion: it says what, never quotes what came."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # Else our token would go wherever the answer points to.
    def redirect_request(self, *args):
        return None


def __virtual__():
    return True


def ext_pillar(
    minion_id,
    pillar,
    url,
    with_grains=False,
    header_dict=None,
    auth=None,
    username=None,
    password=None,
    namespace=None,
):
    if namespace:
        raise Failed("http_json: namespace is not for us")
    if with_grains:
        url = _with_grains(url)
    url = url.replace("%s", urllib.parse.quote(str(minion_id), safe=""))
    headers = dict(header_dict or {})
    if auth or username:
        user, word = auth if auth else (username, password or "")
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()
    return _judge(_parse(_fetch(url, headers)), minion_id)


def _with_grains(url):
    def value(match):
        found = __salt__["grains.get"](match[1], None)
        if not found:
            raise Failed("http_json: a grain of the url is missing")
        return urllib.parse.quote(str(found), safe="")

    return re.sub(r"<(.*?)>", value, url)


def _fetch(url, headers):
    end = time.monotonic() + SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=SECONDS) as answer:
            if answer.status != 200:
                raise Failed(f"http_json: the private server answers {answer.status}")
            return _read(answer, end)
    except urllib.error.HTTPError as exc:
        exc.close()
        raise Failed(f"http_json: the private server answers {exc.code}") from None
    except Failed:
        raise
    except Exception as exc:  # refused, reset, slow, not HTTP: all one
        raise Failed(f"http_json: the private server does not answer: {type(exc).__name__}") from None


def _read(answer, end):
    body = b""
    while True:
        if time.monotonic() > end:
            raise Failed("http_json: the private server is slow")
        part = answer.read1(65536)
        if not part:
            break
        body += part
        if len(body) > MOST:
            raise Failed("http_json: the private server says too much")
    if answer.length:  # of the Content-Length that was promised
        raise Failed("http_json: the private server broke off")
    return body


def _parse(body):
    try:
        return json.loads(body.decode("utf-8"))
    except ValueError:
        raise Failed("http_json: the private server answers no JSON") from None


def _judge(data, minion_id):
    if not isinstance(data, dict):
        raise Failed("http_json: the private server answers no object")
    if "_errors" in data:
        return {"_errors": [str(error)[:500] for error in _list(data["_errors"])] or ["no reason given"]}
    baas = data.get("baas")
    if not isinstance(baas, dict) or type(baas.get("schema")) is not int or baas["schema"] != SCHEMA:
        raise Failed("http_json: wrong schema")
    if baas.get("minion") != minion_id:
        raise Failed("http_json: meant for another minion")
    return data


def _list(errors):
    return errors if isinstance(errors, list) else [errors]
