"""Who is in a picture: the face embedding of ArcFace, and the loss that keeps it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.weights import is_state_dict, open_weights, unsupported
from dynode_encoders import irse
from dynode_encoders.config import IRSE50_UNITS, PUBLISHED_WIDTHS
from dynode_encoders.reading import fill

INPUT_PX = 112
_ALIGNED_PX = 256
_ROWS, _COLUMNS = slice(35, 223), slice(32, 220)  # the face in an aligned picture of 256 pixels
_MAP_PX = INPUT_PX // 16


class FaceEmbedding(nn.Module):
    """IR-SE50 with ArcFace's head: pictures of faces to vectors of unit norm.

    Source:
        Deng et al. 2019, ArcFace, arXiv:1801.07698; crop and pooling as in the published e4e code.
    """

    def __init__(self) -> None:
        super().__init__()
        width = PUBLISHED_WIDTHS[-1]
        self.input_layer = irse.input_layer(3, PUBLISHED_WIDTHS[0])
        self.body = irse.body(PUBLISHED_WIDTHS, IRSE50_UNITS, has_squeeze=True)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.Dropout(0.6),
            nn.Flatten(),
            nn.Linear(width * _MAP_PX**2, width),
            nn.BatchNorm1d(width),
        )

    def forward(self, faces: Tensor) -> Tensor:
        """Embed (n, 3, 112, 112) in [-1, 1]: (n, 512) of unit norm."""
        x = self.output_layer(self.body(self.input_layer(faces)))
        unit: Tensor = x / x.norm(dim=1, keepdim=True)
        return unit

    def embed(self, images: Tensor) -> Tensor:
        """Embed aligned pictures (n, 3, h, w) of any size in [-1, 1]: (n, 512) of unit norm."""
        embedding: Tensor = self(face_of(images))
        return embedding


def face_of(images: Tensor) -> Tensor:
    """Cut the face out of aligned pictures (n, 3, h, w): (n, 3, 112, 112)."""
    if images.shape[2] != _ALIGNED_PX or images.shape[3] != _ALIGNED_PX:
        images = functional.adaptive_avg_pool2d(images, _ALIGNED_PX)
    return functional.adaptive_avg_pool2d(images[:, :, _ROWS, _COLUMNS], INPUT_PX)


def identity_loss(embedding: FaceEmbedding, images: Tensor, targets: Tensor) -> Tensor:
    """Return 1 - cosine (n,) between who is in the pictures and who should be."""
    with torch.no_grad():
        wanted = embedding.embed(targets)
    return 1 - (embedding.embed(images) * wanted).sum(1)


def load_face_embedding(
    path: str | Path, device: torch.device | str | None = None
) -> FaceEmbedding:
    """Open a published `model_ir_se50.pth`, frozen.

    Raises:
        CheckpointError: The file holds something else.
        MissingWeightsError: There is no such file.
    """
    with open_weights(path) as weights:
        if not is_state_dict(weights.content):
            raise unsupported(
                weights.path,
                "it is no bare state dict",
                "give ArcFace's IR-SE50, usually named model_ir_se50.pth",
            )
        with torch.device("meta"):
            network = FaceEmbedding()
        fill(network, weights.content, weights.path)
    return network.eval().requires_grad_(False).to(device=device)
