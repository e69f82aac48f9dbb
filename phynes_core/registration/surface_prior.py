"""What is believed of a registered surface: it lies near the body, and is smooth but for folds.

Soles, hems and hair leave the body at a fold. A surface that cannot fold there has the body stretch between soles and
hair instead, for outlines must be explained; so the Laplacian is not normally distributed but has the long tails of
Cauchy's distribution, as in robust regression, and each step weighs it by its present size.
"""

import numpy as np
import scipy.sparse as sparse

from phynes_core.body.model import BodyModel
from phynes_core.geometry.mesh import unique_edges
from phynes_core.registration.config import RegistrationConfig

TAIL = 2.0  # standard deviations from which on a fold counts less and less


def surface_prior(
    laplacian: sparse.csr_matrix,  # [V, V]
    offsets: np.ndarray,  # [V] metres, at present
    config: RegistrationConfig,
) -> sparse.csc_matrix:  # [V, V]
    """The precision of offsets."""
    folds = laplacian @ offsets / config.relief_m
    weights = sparse.diags(1.0 / (1.0 + (folds / TAIL) ** 2))
    stiffness = laplacian.T @ weights @ laplacian / config.relief_m**2
    return (stiffness + sparse.eye(len(folds)) / config.offset_m**2).tocsc()


def uniform_laplacian(body: BodyModel) -> sparse.csr_matrix:  # [V, V]
    """Of values at the vertices: what each differs by from the mean of its neighbors."""
    edges, size = unique_edges(body.faces).numpy(), body.num_vertices
    ends = np.concatenate([edges, edges[:, ::-1]])
    joined = sparse.csr_matrix((np.ones(len(ends)), ends.T), shape=(size, size))
    mean = sparse.diags(1.0 / np.maximum(np.asarray(joined.sum(1)).reshape(-1), 1.0)) @ joined
    return (sparse.eye(size) - mean).tocsr()
