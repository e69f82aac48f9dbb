"""The project's one BRDF (phynes_core/render/brdf.py) as a Mitsuba plugin.

Built-in BSDFs do not match it: Mitsuba's principled model differs by 4-11 % and has no separable Smith term.
Importance sampling: half cosine, half GGX normals, chosen by the first sample.
"""

from typing import Any

from phynes_core.conventions import DEFAULT_F0, MIN_ROUGHNESS

PLUGIN_NAME = "phynes_cook_torrance"


def register_cook_torrance(mi: Any, dr: Any) -> None:  # the mitsuba module with its variant set; the drjit module
    """Make `{"type": PLUGIN_NAME, "albedo": texture, "roughness": texture, "f0": float}` loadable."""

    class CookTorrance(mi.BSDF):
        """f = albedo / pi + D F G / (4 n.l n.v), alpha = roughness^2, Schlick F, separable Smith-GGX G."""

        def __init__(self, properties: Any) -> None:
            mi.BSDF.__init__(self, properties)
            self.albedo = properties.get_texture("albedo", 0.5)
            self.roughness = properties.get_texture("roughness", 0.5)
            self.f0 = properties.get("f0", DEFAULT_F0)
            diffuse = mi.BSDFFlags.DiffuseReflection | mi.BSDFFlags.FrontSide
            glossy = mi.BSDFFlags.GlossyReflection | mi.BSDFFlags.FrontSide
            self.m_components = [diffuse, glossy]
            self.m_flags = diffuse | glossy

        def traverse(self, callback: Any) -> None:
            callback.put("albedo", self.albedo, mi.ParamFlags.Differentiable)
            callback.put("roughness", self.roughness, mi.ParamFlags.Differentiable)

        def _alpha(self, si: Any, active: Any = True) -> Any:
            roughness = dr.maximum(self.roughness.eval_1(si, active), MIN_ROUGHNESS)
            return roughness * roughness

        def _evaluate(self, si: Any, wo: Any, active: Any = True) -> tuple[Any, Any]:
            """(f n.l, pdf) for light leaving along `wo` in the shading frame."""
            cos_view, cos_light = mi.Frame3f.cos_theta(si.wi), mi.Frame3f.cos_theta(wo)
            active = active & (cos_view > 0) & (cos_light > 0)
            half = dr.normalize(si.wi + wo)
            cos_half = mi.Frame3f.cos_theta(half)
            view_half = dr.maximum(dr.dot(wo, half), 0)
            alpha2 = dr.square(self._alpha(si, active))
            ndf = alpha2 / (dr.pi * dr.square(cos_half * cos_half * (alpha2 - 1) + 1))

            def smith(cosine: Any) -> Any:
                return 2 * cosine / (cosine + dr.sqrt(alpha2 + (1 - alpha2) * cosine * cosine))

            fresnel = self.f0 + (1 - self.f0) * (1 - view_half) ** 5
            specular = ndf * fresnel * smith(cos_view) * smith(cos_light) / (4 * cos_view * cos_light)
            value = (self.albedo.eval(si, active) * dr.inv_pi + specular) * cos_light
            pdf = 0.5 * cos_light * dr.inv_pi + 0.5 * ndf * cos_half / (4 * dr.maximum(view_half, 1e-6))
            return dr.select(active, value, 0.0), dr.select(active, pdf, 0.0)

        def eval(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            return self._evaluate(si, wo, active)[0]

        def pdf(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            return self._evaluate(si, wo, active)[1]

        def eval_pdf(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> tuple[Any, Any]:
            return self._evaluate(si, wo, active)

        def sample(self, ctx: Any, si: Any, sample1: Any, sample2: Any, active: Any = True) -> tuple[Any, Any]:
            alpha = self._alpha(si, active)
            tan2 = alpha * alpha * sample2.x / dr.maximum(1 - sample2.x, 1e-7)
            cos_half = dr.rsqrt(1 + tan2)
            sin_half = dr.sqrt(dr.maximum(1 - cos_half * cos_half, 0))
            sin_phi, cos_phi = dr.sincos(2 * dr.pi * sample2.y)
            half = mi.Vector3f(sin_half * cos_phi, sin_half * sin_phi, cos_half)
            mirrored = 2 * dr.dot(si.wi, half) * half - si.wi
            wo = dr.select(sample1 < 0.5, mi.warp.square_to_cosine_hemisphere(sample2), mirrored)
            value, pdf = self._evaluate(si, wo, active)
            result = mi.BSDFSample3f()
            result.wo = wo
            result.pdf = pdf
            result.eta = 1.0
            result.sampled_type = mi.UInt32(+mi.BSDFFlags.GlossyReflection)
            result.sampled_component = mi.UInt32(1)
            return result, dr.select(active & (pdf > 0), value / pdf, 0.0)

        def eval_diffuse_reflectance(self, si: Any, active: Any = True) -> Any:
            return self.albedo.eval(si, active)

        def to_string(self) -> str:
            return "CookTorrance[]"

    mi.register_bsdf(PLUGIN_NAME, lambda properties: CookTorrance(properties))
