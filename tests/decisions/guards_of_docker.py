"""What a wildcard may not take up for docker and its kin."""

from __future__ import annotations

from typing import Final

from tests.decisions.guards_of_git import GUARDED

UNDER_DOCKER: Final[dict[str, list[tuple[str, str]]]] = {
    "docker run *": [
        ("docker run --env A=b x", "allowed"),
        ("docker run --env-file=x y", GUARDED),
        ("docker run --uts=host x", GUARDED),
        ("docker run --gpus all x", GUARDED),
        ("docker run --label a=b x", "allowed"),
    ],
    "docker *": [
        ("docker build -t x .", "allowed"),
        ("docker build -o /x .", GUARDED),
        ("docker cp x:/y /z", GUARDED),
        ("docker container cp x:/y /z", GUARDED),
        ("docker run x cp y", "allowed"),
        # Options before the sub-command may take a value, and hide nothing behind it.
        ("docker --log-level info ps", "allowed"),
        ("docker --log-level info build -o /x .", GUARDED),
        ("docker -l info cp x:/y /z", GUARDED),
        ("docker -D build -o /x .", GUARDED),
        ("docker -H tcp://x run y", GUARDED),
        ("docker --log-level info run -v /:/h x", GUARDED),
        # What writes a file of the host, or reads one from anywhere.
        ("docker save x", "allowed"),
        ("docker save -o /x y", GUARDED),
        ("docker save --outp=/x y", GUARDED),
        ("docker image save -o /x y", GUARDED),
        ("docker export -o /x y", GUARDED),
        ("docker container export --output /x y", GUARDED),
        ("docker load -i /x", GUARDED),
        ("docker build -f /x .", GUARDED),
        ("docker build --file=/x .", GUARDED),
        ("docker build --cache-to type=local,dest=/x .", GUARDED),
        ("docker buildx build -o /x .", GUARDED),
        ("docker buildx --builder y build -o /x .", GUARDED),
        ("docker image build -f /x .", GUARDED),
        ("docker builder build -f /x .", GUARDED),
        ("docker context export x /y", GUARDED),
        ("docker compose up", "allowed"),
        ("docker compose logs -f", "allowed"),
        ("docker compose -f /x up", GUARDED),
        ("docker compose -p y -f /x up", GUARDED),
        ("docker --log-level info compose -f /x up", GUARDED),
        ("docker compose --project-directory /x up", GUARDED),
        ("docker compose cp x:/y /z", GUARDED),
        ("docker compose exec x cp y z", "allowed"),
        ("docker compose config -o /x", GUARDED),
    ],
    "docker --context x *": [
        ("docker --context x ps", "allowed"),
        ("docker --context x build -o /x .", GUARDED),
        ("docker --context x run -v /:/h y", GUARDED),
        ("docker --context x cp y:/z /z", GUARDED),
    ],
    "docker build -f ./x.Dockerfile *": [
        ("docker build -f ./x.Dockerfile .", "allowed"),
        ("docker build -f ./x.Dockerfile -f /y .", GUARDED),
    ],
    "podman *": [("podman ps", "allowed"), ("podman unshare id", GUARDED)],
    "docker-compose *": [
        ("docker-compose logs -f", "allowed"),
        ("docker-compose -f /x up", GUARDED),
        ("docker-compose -p y -f /x up", GUARDED),
        ("docker-compose run -v /:/h x", GUARDED),
        ("docker-compose cp x:/y /z", GUARDED),
    ],
}  # fmt: skip
