"""From a scene to images: the frame's one table of nodes, run by the executor that suits the scene."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from phynes_core.frame.buffers import FrameBuffers, average_samples
from phynes_core.frame.floor import mirrored_view
from phynes_core.frame.kept import Kept
from phynes_core.frame.nodes import NODES, frame_values
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.pending import GpuPicture, PendingFrame
from phynes_core.frame.scene import AvatarCopies, Scene, SceneMesh
from phynes_core.kernels.gpu.device import GpuDevice, GpuError
from phynes_core.kernels.registry import missing_cause

if TYPE_CHECKING:
    from phynes_core.frame.cuda_graphs import CudaGraphs
    from phynes_core.frame.gpu import GpuFrame


class FrameRenderer:
    """Renders scenes. Not thread-safe: one engine thread owns it."""

    def __init__(
        self,
        device: torch.device | GpuDevice | None = None,
        base: "FrameRenderer | None" = None,
        before_node: Callable[[], None] = lambda: None,
    ) -> None:
        """Avatars are copied to `device`, as they were when first seen; None: frames are made where avatars lie.

        With a base: another view of the same bodies in the same light, which are prepared but once. `before_node` is
        called before each node on the CPU; what it raises gives the frame up, and the next one goes on from there.
        """
        self._device = device if base is None else base._device
        own = torch.device("cpu") if isinstance(device, GpuDevice) else device
        self._copies = AvatarCopies(own) if base is None else base._copies
        self._kept = Kept(NODES, None if base is None else base._kept, before_node)
        self._graphs: CudaGraphs | None = None
        self._gpu: GpuFrame | None = None if base is None or base._gpu is None else base._gpu.other_view()
        self._mirror: FrameRenderer | None = None
        self.timings: dict[str, float] = {}  # milliseconds of each node that ran in the last frame

    def render(self, scene: Scene, options: RenderOptions | None = None) -> FrameBuffers:
        """Every buffer in `options.buffers`; the mask always; with radiance the floor, where the scene has one.

        Where a GPU gives up, the CPU makes this frame and all that follow.
        """
        return self._begun(scene, options or RenderOptions(), is_window=False).buffers()

    def begin(self, scene: Scene, options: RenderOptions) -> PendingFrame:
        """A frame for a window; on a GPU it returns before the frame is made, and nothing is lost by beginning another.

        Without a GPU it is whole. At most two should be pending: each has memory of its own.
        """
        return self._begun(scene, options, is_window=True)

    def _begun(self, scene: Scene, options: RenderOptions, is_window: bool) -> PendingFrame:
        scene = self._copies.placed(scene)
        try:
            made = self._made(scene, options, is_window)
        except GpuError as error:
            assert isinstance(self._device, GpuDevice)  # nothing else raises it
            self._device.give_up(error)
            self._mirror = None
            made = self._made(scene, options, is_window)
        return PendingFrame(made, lambda: self.render(scene, options), self.timings, self.is_refining)

    def _made(self, scene: Scene, options: RenderOptions, is_window: bool) -> "FrameBuffers | GpuPicture":
        executor, values = self._started(scene, options)
        self.timings = executor.timings
        mirror, mirrored = None, mirrored_view(scene, options)
        if values["ground"] is not None and mirrored is not None:
            self._mirror = self._mirror or FrameRenderer(base=self)
            mirror, _ = self._mirror._started(*mirrored)
        if self._gpu is not None and executor is self._gpu:
            return self._gpu.begin(mirror, is_window)  # type: ignore[arg-type]
        frame = executor.run("compose")
        if frame.mask.shape[0] != scene.camera.height:
            frame = average_samples(frame, options.supersample)
        if values["ground"] is None:
            return frame
        values["mirrored"] = None
        if mirror is not None:
            values["mirrored"] = mirror.run("compose")
            self.timings["ground_mirror"] = sum(mirror.timings.values())
        return replace(frame.cpu(), ground=executor.run("ground_compose"))

    @property
    def is_refining(self) -> bool:
        """Whether rendering the same scene again would renew stale visibility (see visibility_slices)."""
        bits = self._kept.last("vertex_bits")
        return bits is not None and bits.is_stale

    def mesh(self, scene: Scene) -> SceneMesh:
        """The posed and displaced bodies of the scene."""
        self._kept.start(frame_values(self._copies.placed(scene), RenderOptions()))
        return self._kept.result("mesh").value

    def _started(self, scene: Scene, options: RenderOptions) -> tuple[Kept, dict[str, Any]]:
        """The executor that makes this frame, and the frame's values: the one place where an executor is chosen.

        Another kind joins here. It offers what Kept does (start, run, forget, timings) over the table of
        nodes.py, with rows of its own where its kernels differ, as CudaGraphs does.
        """
        executor = self._kept
        if isinstance(self._device, GpuDevice) and not self._device.failure:
            from phynes_core.frame.gpu import GpuFrame, can_render

            if can_render(scene, options):
                executor = self._gpu = self._gpu or GpuFrame(self._device)
        elif scene.device.type == "cuda" and missing_cause("warp") is None:
            from phynes_core.frame.cuda_graphs import CudaGraphs, can_record

            if can_record(scene, options):
                executor = self._graphs = self._graphs or CudaGraphs()
        values = frame_values(scene, options)
        executor.start(values)
        if not options.use_cache:
            executor.forget()
        return executor, values
