"""An avatar as USD: UsdSkel's mesh, skeleton and animations, UsdPreviewSurface, cameras. Needs usd-core (extra `usd`).

.usdc has its textures in a folder beside it, .usdz holds them; the latter keeps to what ARKit reads.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from phynes_core.errors import BackendError, OutputError, one_line
from phynes_core.export.model import ExportModel, ior_of, make_model
from phynes_core.export.subject import ExportSubject
from phynes_core.export.usd_motion import add_animation, add_camera, joint_paths, matrices
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import replacing, replacing_folder

TEXTURES = ("base_color", "roughness", "normal")
LARGEST_IOR = 1000.0  # reflects 99.6 % at normal incidence
RATE = 30.0  # time codes a second, whatever a clip's own rate
AfterPart = Callable[[int, int], None]  # (parts done, all parts); raises to stop


def check_usd() -> None:
    """Raise BackendError, with the remedy, where usd-core is missing."""
    try:
        from pxr import UsdSkel  # noqa: F401
    except (ImportError, OSError) as error:
        raise BackendError(
            "USD: expected the package usd-core, got none; install it with: "
            "pip install -c constraints.txt usd-core, or name a .glb file"
        ) from error


def write_usd(
    subject: ExportSubject, path: Path, texture_size: int, num_morphs: int, after_part: AfterPart
) -> tuple[str, ...]:
    """Write .usdc or .usdz; what it costs against the engine, in sentences. Raises OutputError and BackendError."""
    check_usd()
    from pxr import UsdUtils

    textures = path.with_name(f"{path.stem}_textures")
    is_package = path.suffix.lower() == ".usdz"
    if not is_package:
        _check_textures(textures)
    model = make_model(subject, texture_size, num_morphs, after_part)
    if not is_package:
        with replacing_folder(textures, check=lambda: _check_textures(textures)) as made:
            _write_textures(model, made)
            with replacing(path) as temporary:
                _write_stage(subject, model, temporary, textures.name)
        return model.costs
    with replacing(path) as temporary, tempfile.TemporaryDirectory(prefix="phynes-") as scratch:
        stage = Path(scratch) / f"{path.stem}.usdc"
        _write_textures(model, stage.parent / "textures")
        _write_stage(subject, model, stage, "textures")
        if not UsdUtils.CreateNewARKitUsdzPackage(str(stage), str(temporary)):
            raise OSError(f"{stage.name} could not be packed")
    return model.costs


def _check_textures(folder: Path) -> None:
    """Raise OutputError for a folder of that name that holds anything but textures of an earlier export."""
    known = {f"{name}.png" for name in TEXTURES}
    if folder.exists() and not (folder.is_dir() and {entry.name for entry in folder.iterdir()} <= known):
        raise OutputError(f"{folder}: expected no such folder or one of textures alone, got other files; name another")


def _write_textures(model: ExportModel, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    write_png(folder / "base_color.png", model.textures.base_color_bytes())
    write_png(folder / "roughness.png", model.textures.roughness_bytes())
    if model.textures.normal is not None:
        write_png(folder / "normal.png", model.textures.normal_bytes())


def _write_stage(subject: ExportSubject, model: ExportModel, path: Path, textures: str) -> None:
    from pxr import Tf, Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetTimeCodesPerSecond(RATE)
    stage.SetFramesPerSecond(RATE)
    last = max([float(each.times_s[-1]) for each in (*model.clips, *(keys for keys, _ in model.cameras))] or [0.0])
    stage.SetStartTimeCode(0.0)
    stage.SetEndTimeCode(last * RATE)
    root = UsdSkel.Root.Define(stage, "/" + Tf.MakeValidIdentifier(subject.name))
    stage.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root).SetKind("component")
    root.GetPrim().SetCustomDataByKey("costs", "; ".join(model.costs))
    skeleton = _skeleton(stage, model, root)
    _mesh(stage, subject, model, root, skeleton, _material(stage, subject, model, root, textures))
    animations = [add_animation(stage, model, clip, root.GetPath(), RATE) for clip in model.clips]
    _choose(root, skeleton, [clip.name for clip in model.clips], animations)
    for keys, track in model.cameras:
        add_camera(stage, root.GetPath(), keys, track, RATE)
    try:
        is_written = stage.GetRootLayer().Export(str(path))
    except Tf.ErrorException as error:
        raise OSError(one_line(error)) from error
    if not is_written:
        raise OSError("the stage could not be written")


def _skeleton(stage: Any, model: ExportModel, root: Any) -> Any:
    from pxr import UsdSkel

    skeleton = UsdSkel.Skeleton.Define(stage, root.GetPath().AppendChild("Skeleton"))
    parents, places = model.rig.parents, model.rig.joints
    steps = torch.stack([places[j] - (places[p] if p >= 0 else 0.0) for j, p in enumerate(parents)])
    skeleton.CreateJointsAttr(joint_paths(parents))
    skeleton.CreateBindTransformsAttr(matrices(places))
    skeleton.CreateRestTransformsAttr(matrices(steps))
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim())
    return skeleton


def _choose(root: Any, skeleton: Any, names: list[str], animations: list[Any]) -> None:
    """Bind the first clip; a variant of the set `motion` binds each of several."""
    from pxr import Tf, UsdSkel

    if not animations:
        return
    binding = UsdSkel.BindingAPI(skeleton.GetPrim())
    if len(animations) == 1:
        binding.CreateAnimationSourceRel().SetTargets([animations[0].GetPath()])
        return
    variants = root.GetPrim().GetVariantSets().AddVariantSet("motion")
    for name, animation in reversed(list(zip(names, animations, strict=True))):  # the first one stays chosen
        variant = Tf.MakeValidIdentifier(name)
        variants.AddVariant(variant)
        variants.SetVariantSelection(variant)
        with variants.GetVariantEditContext():
            binding.CreateAnimationSourceRel().SetTargets([animation.GetPath()])


def _mesh(stage: Any, subject: ExportSubject, model: ExportModel, root: Any, skeleton: Any, material: Any) -> None:
    from pxr import Sdf, UsdGeom, UsdShade, UsdSkel, Vt

    body, rig = subject.avatar.body, model.rig
    mesh = UsdGeom.Mesh.Define(stage, root.GetPath().AppendChild("Mesh"))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(rig.vertices.numpy()))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(body.faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(body.faces.reshape(-1).int().numpy()))
    normals = vertex_normals(rig.vertices, body.faces)
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals.numpy()))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateExtentAttr(UsdGeom.PointBased.ComputeExtent(mesh.GetPointsAttr().Get()))
    mesh.CreateDoubleSidedAttr(model.is_open)
    st = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.faceVarying)
    st.Set(Vt.Vec2fArray.FromNumpy(body.uv.numpy()))
    st.SetIndices(Vt.IntArray.FromNumpy(body.uv_faces.reshape(-1).int().numpy()))
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    width = rig.index.shape[1]
    binding.CreateJointIndicesPrimvar(False, width).Set(Vt.IntArray.FromNumpy(rig.index.int().reshape(-1).numpy()))
    binding.CreateJointWeightsPrimvar(False, width).Set(Vt.FloatArray.FromNumpy(rig.weights.reshape(-1).numpy()))
    binding.CreateGeomBindTransformAttr(matrices(torch.zeros(1, 3))[0])
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    if model.morphs.count:
        binding.CreateBlendShapesAttr([f"pose_{number:02d}" for number in range(1, model.morphs.count + 1)])
        targets = binding.CreateBlendShapeTargetsRel()
        for number, target in enumerate(model.morphs.targets, 1):
            shape = UsdSkel.BlendShape.Define(stage, mesh.GetPath().AppendChild(f"pose_{number:02d}"))
            shape.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(target.numpy()))
            turned = vertex_normals(rig.vertices + target, body.faces) - normals
            shape.CreateNormalOffsetsAttr(Vt.Vec3fArray.FromNumpy(turned.numpy()))
            targets.AddTarget(shape.GetPath())
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)


def _material(stage: Any, subject: ExportSubject, model: ExportModel, root: Any, textures: str) -> Any:
    from pxr import Gf, Sdf, UsdShade

    edit, own = subject.materials, subject.avatar.record.f0
    f0 = own if edit is None else edit.f0(own)
    path = root.GetPath().AppendChild("Material")
    material = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, path.AppendChild("Surface"))
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("metallic", Sdf.ValueTypeNames.Float).Set(0.0)
    surface.CreateInput("ior", Sdf.ValueTypeNames.Float).Set(ior_of(f0) or LARGEST_IOR)
    reader = UsdShade.Shader.Define(stage, path.AppendChild("TexCoord"))
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
    uv = reader.CreateOutput("result", Sdf.ValueTypeNames.Float2)

    def connect(name: str, file: str, output: str, space: str, kind: Any, is_normal: bool = False) -> None:
        texture = UsdShade.Shader.Define(stage, path.AppendChild(file))
        texture.CreateIdAttr("UsdUVTexture")
        texture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(f"./{textures}/{file}.png")
        texture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set(space)
        texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(uv)
        for wrap in ("wrapS", "wrapT"):
            texture.CreateInput(wrap, Sdf.ValueTypeNames.Token).Set("clamp")
        if is_normal:
            texture.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(2.0, 2.0, 2.0, 2.0))
            texture.CreateInput("bias", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(-1.0, -1.0, -1.0, -1.0))
        result = texture.CreateOutput(output, Sdf.ValueTypeNames.Float if len(output) == 1 else kind)
        surface.CreateInput(name, kind).ConnectToSource(result)

    connect("diffuseColor", "base_color", "rgb", "sRGB", Sdf.ValueTypeNames.Color3f)
    connect("roughness", "roughness", "g", "raw", Sdf.ValueTypeNames.Float)
    if model.textures.normal is not None:
        connect("normal", "normal", "rgb", "raw", Sdf.ValueTypeNames.Normal3f, is_normal=True)
    surface.CreateOutput("surface", Sdf.ValueTypeNames.Token)
    material.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    return material
