# The web server and the recognition worker in one image; compose starts it as either.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
# A build for CPUs only is a tenth of the size. For a GPU: --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /inkling
WORKDIR /source
COPY constraints.txt ./
RUN /inkling/bin/pip install --index-url "$TORCH_INDEX" --extra-index-url https://pypi.org/simple \
    --constraint constraints.txt "$(grep '^torch==' constraints.txt)"
# What changes rarely comes first: the dependencies are a layer of their own.
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > wanted.txt \
    && /inkling/bin/pip install --constraint constraints.txt --requirement wanted.txt
COPY README.md LICENSE ./
COPY game game
COPY ml ml
COPY server server
COPY web web
RUN /inkling/bin/pip install --no-deps .

FROM python:${PYTHON}-slim
COPY --from=build /inkling /inkling
RUN useradd --create-home --uid 10001 inkling && install -d -o inkling -g inkling /data
USER inkling
WORKDIR /home/inkling
ENV PATH=/inkling/bin:$PATH DATA_DIR=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["inkling"]
