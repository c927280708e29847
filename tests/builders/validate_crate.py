"""Validates a RO-Crate without a network; run by the Python of envs/crate.txt.

validate_crate.py CRATE PROFILE: exit code 0 if all that the profile requires is there.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

import requests
import rocrate
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import models, services
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def main(crate: str, profile: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder, "http"))
        remember(cache, CONTEXT, Path(rocrate.__file__).parent / "data/ro-crate.jsonld")
        settings = services.ValidationSettings(
            rocrate_uri=crate,
            profile_identifier=profile,
            requirement_severity=models.Severity.REQUIRED,
            offline=True,
            cache_path=cache,
        )
        result = services.validate(settings)
    for issue in result.get_issues():
        print(f"{issue.severity.name} {issue.check.identifier}: {issue.message}")
    return int(not result.passed())


class FromFile(HTTPAdapter):
    """Answers every request with a file's content."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        headers = {"Content-Type": "application/ld+json"}
        body = BytesIO(self._file.read_bytes())
        answer = HTTPResponse(
            body, headers, 200, preload_content=False, request_url=request.url, request_method="GET"
        )
        return self.build_response(request, answer)


def remember(cache: str, url: str, file: Path) -> None:
    """Put a file where the validator looks for what it has fetched before."""
    with CachedSession(cache, backend="sqlite", expire_after=-1) as session:
        session.mount(url, FromFile(file))
        session.get(url)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
