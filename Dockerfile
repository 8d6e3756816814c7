# docker build -t zfnet-explorer .     docker run -p 8501:8501 zfnet-explorer
# PyTorch for the processor only, which takes 1.5 GB instead of 6; see “Small install” in the README.
FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 ZFNET_EXPLORER_CACHE=/cache
WORKDIR /app
COPY requirements.txt requirements.lock ./
RUN awk '/^[a-z]/ {skip = /^(cuda-|nvidia-|torch==|torchvision==|triton==)/} !skip' requirements.lock > /tmp/cpu.lock \
 && pip install --no-cache-dir --no-compile --no-deps --require-hashes -r /tmp/cpu.lock \
 && pip install --no-cache-dir --no-compile --no-deps --index-url https://download.pytorch.org/whl/cpu $(grep -E '^torch(vision)?==' requirements.txt) \
 && rm /tmp/cpu.lock
COPY . .
# Only what is used is compiled.
RUN env -u PYTHONDONTWRITEBYTECODE python -c "from ui import warming; warming.warm()"
RUN useradd --create-home explorer && mkdir /cache && chown explorer /cache
USER explorer
EXPOSE 8501
VOLUME /cache
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
ENTRYPOINT ["python", "serve.py", "--no-browser", "--address", "0.0.0.0"]
