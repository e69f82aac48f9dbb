"""USD files, judged by USD's own validators and skinned by UsdSkel."""

from dataclasses import replace

import numpy as np
import pytest

from phynes_core.conventions import JOINT_NAMES
from phynes_core.errors import BackendError, OutputError
from phynes_core.export.usd import check_usd, write_usd
from phynes_core.maps.material_edit import MaterialEdit
from tests.export.conftest import small_subject, swing

pxr = pytest.importorskip("pxr", reason="needs usd-core, which launch.py test installs")
from pxr import Gf, Usd, UsdGeom, UsdShade, UsdSkel, UsdValidation, Vt


def written(path, subject, num_morphs=0):
    write_usd(subject, path, 64, num_morphs, lambda done, of: None)
    return Usd.Stage.Open(str(path))


def findings(stage):
    """Of usdchecker's validators, those for packages, which hold ARKit's rules, among them."""
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) > 20
    return [error.GetMessage() for error in UsdValidation.ValidationContext(validators).Validate(stage)]


@pytest.fixture(scope="module", params=["usdc", "usdz"])
def stage(request, tmp_path_factory, subject):
    subject = replace(subject, clips=(swing(), replace(swing(3), name="short swing")))
    return written(tmp_path_factory.mktemp("usd") / f"small.{request.param}", subject, num_morphs=5)


def test_usdchecker_finds_nothing(stage):
    assert findings(stage) == []


def test_usdchecker_finds_nothing_in_the_plainest_file(tmp_path, subject):
    edit = MaterialEdit.uniform(specular_scale=3.0)
    plain = replace(subject, clips=(), cameras=(), has_detail=False, materials=edit)
    stage = written(tmp_path / "plain.usdz", plain)
    assert findings(stage) == []
    surface = UsdShade.Shader(stage.GetPrimAtPath("/small/Material/Surface"))
    ior = surface.GetInput("ior").Get()
    assert ((ior - 1) / (ior + 1)) ** 2 == pytest.approx(0.12, abs=1e-6)  # UsdPreviewSurface has no other place for it


def test_the_stage_says_units_and_axes(stage):
    assert UsdGeom.GetStageUpAxis(stage) == "Y" and UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert stage.GetDefaultPrim().IsA(UsdSkel.Root)
    joints = UsdSkel.Skeleton(stage.GetPrimAtPath("/small/Skeleton")).GetJointsAttr().Get()
    assert [path.split("/")[-1] for path in joints] == list(JOINT_NAMES)


def test_usdskel_moves_vertices_as_the_engine_does(stage, subject):
    cache = UsdSkel.Cache()
    cache.Populate(UsdSkel.Root(stage.GetDefaultPrim()), Usd.PrimDefaultPredicate)
    skeleton = cache.GetSkelQuery(UsdSkel.Skeleton(stage.GetPrimAtPath("/small/Skeleton")))
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/small/Mesh"))
    skinning = cache.GetSkinningQuery(mesh.GetPrim())
    blend = UsdSkel.BlendShapeQuery(UsdSkel.BindingAPI(mesh.GetPrim()))
    clip = subject.clips[0]
    for frame in range(clip.num_frames):
        code = frame / clip.fps * stage.GetTimeCodesPerSecond()
        points = Vt.Vec3fArray(mesh.GetPointsAttr().Get())
        weights = skeleton.GetAnimQuery().ComputeBlendShapeWeights(code)
        sub_weights, indices, subs = blend.ComputeSubShapeWeights(weights)
        offsets = blend.ComputeSubShapePointOffsets()
        assert blend.ComputeDeformedPoints(
            sub_weights, indices, subs, blend.ComputeBlendShapePointIndices(), offsets, points
        )
        assert skinning.ComputeSkinnedPoints(skeleton.ComputeSkinningTransforms(code), points, code)
        wanted = subject.avatar.displaced_vertices(clip.pose(frame, subject.betas)).numpy()
        assert np.abs(np.array(points) - wanted).max() < 2e-5


def test_each_clip_is_a_variant(stage):
    variants = stage.GetDefaultPrim().GetVariantSet("motion")
    assert variants.GetVariantNames() == ["short_swing", "swing"] and variants.GetVariantSelection() == "swing"
    variants.SetVariantSelection("short_swing")
    binding = UsdSkel.BindingAPI(stage.GetPrimAtPath("/small/Skeleton"))
    assert binding.GetAnimationSource().GetName() == "Clip_short_swing"
    variants.SetVariantSelection("swing")


def test_the_camera_path_is_a_camera(stage, subject):
    track = subject.cameras[0]
    camera = UsdGeom.Camera(stage.GetPrimAtPath("/small/path"))
    for key, time_s in enumerate(track.times_s.tolist()):
        lens = camera.GetCamera(time_s * stage.GetTimeCodesPerSecond())
        assert lens.GetFieldOfView(Gf.Camera.FOVVertical) == pytest.approx(float(track.fov_deg[key]), abs=1e-3)
        place = lens.transform.ExtractTranslation()
        assert np.allclose(place, track.T_world_cam[key, :3, 3], atol=1e-5)
        assert np.allclose(lens.frustum.ComputeViewDirection(), track.T_world_cam[key, :3, 2], atol=1e-5)


def test_a_missing_package_is_one_line_with_the_remedy(monkeypatch):
    import builtins

    real = builtins.__import__

    def missing(name, *rest):
        if name == "pxr":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(BackendError, match="pip install -c constraints.txt usd-core"):
        check_usd()


def test_a_folder_of_others_is_left_alone(tmp_path, subject):
    (tmp_path / "small_textures").mkdir()
    (tmp_path / "small_textures" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="expected no such folder or one of textures alone"):
        write_usd(subject, tmp_path / "small.usdc", 64, 0, lambda done, of: None)
    assert not (tmp_path / "small.usdc").exists() and (tmp_path / "small_textures" / "mine.txt").exists()


def test_vector_offsets_are_exported_as_well(tmp_path):
    assert findings(written(tmp_path / "vectors.usdc", small_subject(has_vectors=True))) == []
