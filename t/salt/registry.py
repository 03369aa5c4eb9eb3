"""The part of an image registry that a pull by digest needs, serving one image of a dockerd."""

import gzip
import hashlib
import http.server
import io
import json
import tarfile
import threading


class Registry:
    """``name`` is what to pull: 127.0.0.1:PORT/pub@sha256:..."""

    def __init__(self, docker, image):
        self.blobs = {}
        saved = io.BytesIO(b"".join(docker.images.get(image).save()))
        with tarfile.open(fileobj=saved) as tar:
            listed = json.load(tar.extractfile("manifest.json"))[0]
            config = tar.extractfile(listed["Config"]).read()
            layers = [gzip.compress(tar.extractfile(layer).read(), 1) for layer in listed["Layers"]]
        kind = "application/vnd.docker.container.image.v1+json"
        layer_kind = "application/vnd.docker.image.rootfs.diff.tar.gzip"
        self.kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": self.kind,
            "config": self.blob(kind, config),
            "layers": [self.blob(layer_kind, layer) for layer in layers],
        }
        digest = self.blob(self.kind, json.dumps(manifest).encode())["digest"]
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.name = f"127.0.0.1:{self.server.server_address[1]}/pub@{digest}"

    def blob(self, kind, body):
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.blobs[digest] = body
        return {"mediaType": kind, "size": len(body), "digest": digest}

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handler(registry):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_HEAD(self):
                self.answer(b"")

            def do_GET(self):
                self.answer(None)

            def answer(self, nothing):
                body = b"{}" if self.path == "/v2/" else registry.blobs.get(self.path.rsplit("/", 1)[1])
                self.send_response(404 if body is None else 200)
                body = body or b"{}"
                manifest = "/manifests/" in self.path
                self.send_header("Content-Type", registry.kind if manifest else "application/octet-stream")
                self.send_header("Docker-Content-Digest", "sha256:" + hashlib.sha256(body).hexdigest())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if nothing is None else nothing)

        return Handler
