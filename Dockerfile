# The app with all it needs, at most 1.2 GB unpacked: see docs/deploying.md.
FROM python:3.11-slim AS packages

# An index that has PyTorch's build for the CPU. Without it, pip takes the build that brings CUDA,
# which is several gigabytes larger and gains nothing here.
ARG TORCH_INDEX=""

RUN apt-get update && apt-get install --yes --no-install-recommends binutils
RUN python -m venv --without-pip /packages
ENV PATH=/packages/bin:$PATH
COPY requirements.txt .
RUN pip --python /packages install --no-cache-dir --no-compile \
    ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

# The app has no texts, photographs, maps or compiled graphs, which these are for.
RUN pip --python /packages uninstall --yes spacy spacy-legacy spacy-loggers thinc blis srsly weasel \
    confection preshed murmurhash cymem wasabi cloudpathlib smart-open \
    torchvision pydeck sympy mpmath networkx
# What packages bring for those who test them or compile against them, and what the app never loads.
RUN cd /packages/lib/python*/site-packages \
    && rm -rf torch/test torch/include torch/bin/test_* torch/bin/protoc* \
        torch/testing/_internal/*/ torch/testing/_internal/common_methods* \
        pyarrow/include pyarrow/*flight* pyarrow/*s3* \
    && rm streamlit/static/static/js/*Plotly* streamlit/static/static/js/*DeckGl* \
        streamlit/static/static/js/*ECharts* \
    && find . -regex '.*\.\(c\|cpp\|h\|pyx\|pxd\)' -delete \
    && find . -type d -name tests -prune -exec rm -r {} + \
    && find . -name '*.so*' -type f -not -path '*.libs/*' -exec strip --strip-unneeded {} +
# Bytecode of what the app imports, and of nothing else.
RUN python -c "import cleanlab.filter, cleanlab.rank, distributed.cli.dask_scheduler, \
    distributed.cli.dask_worker, fastai.data.external, fastai.data.transforms, openTSNE, \
    psycopg, sklearn.datasets, sklearn.metrics, streamlit.web.cli, \
    streamlit.web.bootstrap, torch, typer, vl_convert"

FROM python:3.11-slim
COPY --from=packages /packages /packages
ENV PATH=/packages/bin:$PATH

RUN useradd --create-home --uid 1000 scratchmlp \
    && install --directory --owner=scratchmlp --group=scratchmlp /data
WORKDIR /app
COPY .streamlit .streamlit
COPY app.py .
COPY pages pages
COPY scratchmlp scratchmlp
RUN python -m compileall -q app.py pages scratchmlp

# Beyond loopback, so each visitor owns what they make.
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_HEADLESS=true \
    SCRATCHMLP_HOME=/data FASTAI_HOME=/data/fastai PYTHONPATH=/app
USER scratchmlp
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD python -c "import urllib.request; \
    urllib.request.urlopen('http://127.0.0.1:8501$STREAMLIT_SERVER_BASE_URL_PATH/_stcore/health')"
CMD ["streamlit", "run", "app.py"]
