# The web server and the recognition worker in one image; compose starts it as either.
#
#   docker build --target cpu .     judges with ONNX Runtime; without PyTorch, a tenth of the size
#   docker build --target cuda .    with PyTorch as well, for an NVIDIA GPU; can train
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build-cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /inkling
WORKDIR /source
# What changes rarely comes first: the dependencies are a layer of their own.
COPY constraints.txt pyproject.toml server/deploy/without_torch.py ./
RUN python without_torch.py > wanted.txt
RUN /inkling/bin/pip install --constraint constraints.txt --requirement wanted.txt
COPY README.md LICENSE ./
COPY game game
COPY ml ml
COPY server server
COPY web web
RUN /inkling/bin/pip install --no-deps .

FROM build-cpu AS build-cuda
# On Linux the package index's own build of torch is the one for CUDA.
ARG TORCH_INDEX=https://pypi.org/simple
RUN /inkling/bin/pip install --index-url "$TORCH_INDEX" --extra-index-url https://pypi.org/simple --constraint constraints.txt "$(grep '^torch==' constraints.txt)"
RUN /inkling/bin/pip install --constraint constraints.txt ".[train]"

FROM python:${PYTHON}-slim-bookworm AS run
RUN useradd --create-home --uid 10001 inkling && install -d -o inkling -g inkling /data
USER inkling
WORKDIR /home/inkling
ENV PATH=/inkling/bin:$PATH DATA_DIR=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\") or 8000}/healthz', timeout=2)"]
CMD ["inkling"]

FROM run AS cuda
COPY --from=build-cuda /inkling /inkling

FROM run AS cpu
COPY --from=build-cpu /inkling /inkling
