"""The findings of doctor, on a complete installation and on broken ones."""

import importlib.metadata
import subprocess

import pytest

from app.bootstrap.system_packages import VIEWER_PACKAGES
from app.cli import main
from app.commands import doctor
from app.commands.doctor import BAD, GOOD, OPTIONAL, examine
from phynes_core.body.files import BUNDLED_BODY


def found(subject: str):
    return next(finding for finding in examine() if finding.subject == subject)


def test_everything_is_examined_and_bundled_files_are_found():
    findings = list(examine())
    assert {finding.heading for finding in findings} >= {
        "machine",
        "packages",
        "backends",
        "GPU",
        "window",
        "video",
        "files",
    }
    by_subject = {finding.subject: finding for finding in findings}
    for subject in ("base", "numba", "shade", "ffmpeg", "mp4", "WebM", "avatars", "environments", "fonts", "shaders"):
        assert by_subject[subject].state == GOOD, by_subject[subject]
    assert all(finding.text for finding in findings)


def test_a_missing_package_comes_with_the_line_that_installs_it(monkeypatch):
    version = importlib.metadata.version

    def without(name):
        if name == "dearpygui":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without)
    finding = found("base")
    assert (
        finding.state == BAD
        and "dearpygui" in finding.text
        and "`python launch.py --avatar josh.ckpt` brings it" in finding.text
    )
    monkeypatch.setattr(doctor, "EXTRAS", {})
    monkeypatch.setattr(doctor, "missing", lambda requirements: ["warp-lang>=1.10", "triton>=3.5"])
    assert "'warp-lang>=1.10' 'triton>=3.5'" in found("cuda").text  # as a shell takes it


def test_a_licensed_body_is_read_and_a_broken_one_is_reported(monkeypatch, tmp_path):
    monkeypatch.setenv("PHYNES_SMPL", str(BUNDLED_BODY))
    assert found("PHYNES_SMPL").state == GOOD
    broken = tmp_path / "SMPL.npz"
    broken.write_bytes(b"half a download")
    monkeypatch.setenv("PHYNES_SMPL", str(broken))
    finding = found("PHYNES_SMPL")
    assert finding.state == OPTIONAL and str(broken) in finding.text


def test_without_a_display_the_viewer_cannot_start(monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor.system_packages, "missing_packages", lambda packages: [])
    assert main(["doctor"]) == 1
    assert "the viewer cannot start: display" in capsys.readouterr().out


def test_missing_libraries_are_named_with_the_line_that_installs_them(monkeypatch):
    monkeypatch.setattr(doctor.system_packages, "missing_packages", lambda packages: [VIEWER_PACKAGES[0].debian])
    finding = found("OpenGL")
    assert finding.state == BAD and "install" in finding.text


def test_an_ffmpeg_without_an_encoder_is_reported(monkeypatch):
    run = subprocess.run

    def without_webm(command, **options):
        result = run(command, **options)
        if "-encoders" in command:
            result.stdout = result.stdout.replace("libvpx-vp9", "")
        return result

    monkeypatch.setattr(doctor.subprocess, "run", without_webm)
    assert found("mp4").state == GOOD and found("WebM").state == OPTIONAL


@pytest.mark.parametrize(
    ("cuda", "present", "expected"),
    [
        ("", "", "no NVIDIA GPU"),
        ("", "NVIDIA H100, 580.1", "install torch's CUDA build"),
        ("12.8", "NVIDIA H100, 1", "driver"),
    ],
)
def test_a_gpu_that_is_not_used_is_reported_with_the_reason(monkeypatch, cuda, present, expected):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", cuda or None)
    monkeypatch.setattr(doctor, "_nvidia_gpu", lambda: present)
    finding = found("CUDA")
    assert finding.state == OPTIONAL and expected in finding.text and present in finding.text
