"""What cairo 1.16 draws by Google's recipe: 28x28, pen 16, padding 16, best anti-aliasing.

Each entry: strokes in box units (0..255), and the picture's 784 bytes, deflated, in base 85.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np
import numpy.typing as npt

_DRAWN: dict[str, tuple[list[list[list[int]]], tuple[str, ...]]] = {
    "square and diagonal": (
        [[[0, 0], [255, 0], [255, 255], [0, 255], [0, 0]], [[0, 0], [255, 255]]],
        (
            "c-no^yAgmO5QO0^#5QORogp=~4W&vDAK)GAx#>5v(GUF09W$MufS8RfK*)Jxe<>78E5*k^@imIo7&asL",
            "*@(ghl-8rN4z+3QOkr;l2NO8jhr}8(t4QrdZVwuEqh%MGRxlS^tOg@6dEV~s{))#5=jgV5",
        ),
    ),
    "arch over a line": (
        [
            [[0, 200], [20, 90], [80, 20], [128, 0], [175, 20], [235, 90], [255, 200]],
            [[40, 200], [215, 200]],
        ],
        (
            "c-muN7%;#dd+b~)7d9FB_E-NeocRB?O94a5@yE|))(i}0i+=oYM3d5ZcTNJr5<mA&14T;s)>By+Tk_F8",
            "F(fIDqn`~BJnavs5H4a|^2ZO^6wlwQm|*PI|2e3(r~Yq&vLgRaKzH?o|B(>Jt_#fQa?BTYK^QNmVur-D",
            "R}eS<PsfzY_z(83`+rMJIjjF}Agc5qAEq4d-x3hD_%^nnzq1HLURsMyZrw#7!S=Hrn_R;$HU<X${{h(K",
            "0{`nVFvR^=V({uf16~Zu|6>^#g3mBA%z1|f<}fgx38s6Z1OS7sU+n",
        ),
    ),
    "dots": (
        [[[0, 0]], [[255, 100]], [[120, 60]]],
        ("c-muN80LWA9JgHZGu(1ad;{iW%Z*Gp<utpfU;!U)^BJBc<CZh$AMUAz0RT@q1l|",),
    ),
    "zigzag": (
        [
            [
                [0, 40],
                [32, 0],
                [64, 40],
                [96, 0],
                [128, 40],
                [160, 0],
                [192, 40],
                [224, 0],
                [255, 40],
            ]
        ],
        (
            "c-muN7zN}2;~Ws_6bB*${Xt}cJyc5i`TuMN2JO%P0vQ<We*Ls&U<m#9K?N+ue&XG>U$z3b9v=RrCHvyy",
            "<>%76pAS91$OV#{^Vfs>(u+Ocjl~|_I{j8j<=x5K4@B&KF9b>j|F2|VP<s0xXq(CRKW+>Ro`1g?F))<;",
            "4`yIcFJc6$uuK6N;SmNRBY+AR7>m?LBZ&+E0I5DVZv",
        ),
    ),
    "small strokes": (
        [
            [[10, 0], [14, 7], [22, 9]],
            [[0, 30], [0, 255]],
            [[60, 100], [90, 110], [70, 130], [60, 100]],
            [[100, 255], [120, 200]],
        ],
        (
            "c-muNAPo4EnQ+S4{@=ilQ?mJ>Bn}y|MYwgj{5Kn9auQ0o<yQYcSILh<F8}|}|7kenr2qb3!-~r-tCq12",
            "u5e+&EvNfk3#VM)S6*ClEYFwXG}H6H2Tr+VFVNlM_}>`9VE)pF?gx%ESU|>#GY|s+D!MqH",
        ),
    ),
}


def pictures() -> dict[str, tuple[list[npt.NDArray[np.int64]], npt.NDArray[np.uint8]]]:
    """Name to strokes in box units and cairo's picture of them, `(28, 28)`."""
    return {
        name: (
            [np.array(stroke, np.int64) for stroke in strokes],
            np.frombuffer(zlib.decompress(base64.b85decode("".join(parts))), np.uint8).reshape(
                28, 28
            ),
        )
        for name, (strokes, parts) in _DRAWN.items()
    }
