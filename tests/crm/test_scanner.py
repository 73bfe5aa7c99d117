"""The virus scanner, played by a small server that speaks clamd's INSTREAM."""

import socket
import struct
import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.choices import ScanState
from crm.scanner import scanner
from pipeline.models import Document
from pipeline.services.materials import scan_waiting, upload_files
from tests.pipeline import world

PDF = b"%PDF-1.7\n"
BAD = PDF + b"EICAR"


def _exactly(line, length):
    got = b""
    while len(got) < length:
        part = line.recv(length - len(got))
        if not part:
            return got
        got += part
    return got


def _answer(line):
    with line:
        assert _exactly(line, 10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!L", _exactly(line, 4))[0]:
            content += _exactly(line, length)
        line.sendall(b"stream: Eicar-Test-Signature FOUND\0" if b"EICAR" in content else b"stream: OK\0")


@pytest.fixture
def clamd(settings):
    """A clamd on loopback."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                line, _peer = server.accept()
            except OSError:
                return
            _answer(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    settings.VIRUS_SCANNER = f"clamd://127.0.0.1:{server.getsockname()[1]}"
    yield settings.VIRUS_SCANNER
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def silent(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.VIRUS_SCANNER = f"clamd://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("content", "said"), [(PDF, ScanState.CLEAN), (PDF + b"x" * 200_000, ScanState.CLEAN), (BAD, ScanState.INFECTED)]
)
def test_the_scanner_says_what_a_file_is_and_leaves_it_at_its_beginning(clamd, content, said):
    file = ContentFile(content)

    assert scanner().scan(file) == said
    assert file.tell() == 0


def test_without_a_scanner_files_are_unscanned_and_with_a_silent_one_they_wait(settings):
    settings.VIRUS_SCANNER = ""
    assert scanner().scan(ContentFile(PDF)) == ScanState.UNSCANNED
    silent(settings)
    assert scanner().scan(ContentFile(PDF)) == ScanState.WAITING


@pytest.fixture
def prep(private_storage, firm, firm_user):
    world.published("high_tech", "CN-2016")
    return world.at(firm, "prep")


def sent(application, actor, *contents):
    files = [SimpleUploadedFile(f"{place}.pdf", content) for place, content in enumerate(contents)]
    return upload_files(application, "business_licence", 0, files, actor=actor)


def test_an_infected_file_is_refused_and_the_others_stay(clamd, prep, firm_user):
    done = sent(prep, firm_user, PDF, BAD)

    assert done.reasons == ["“1.pdf”含有病毒，没有保存；请查杀后重新上传"]
    assert [(paper.file_name, paper.scan) for paper in Document.objects.all()] == [("0.pdf", "clean")]


def test_what_waited_is_scanned_once_the_scanner_answers(clamd, prep, firm_user, settings):
    silent(settings)
    sent(prep, firm_user, PDF, BAD)
    assert scan_waiting() == 0
    settings.VIRUS_SCANNER = clamd

    assert (scan_waiting(), scan_waiting()) == (2, 0)

    assert {paper.file_name: paper.scan for paper in Document.objects.all()} == {"0.pdf": "clean", "1.pdf": "infected"}
