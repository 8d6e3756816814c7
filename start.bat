@echo off
rem Windows: double-click. Makes .venv the first time.
setlocal
cd /d "%~dp0"
set FOUND=
for %%v in (3.13 3.12 3.11) do if not defined FOUND py -%%v -c "" >nul 2>&1 && set FOUND=py -%%v
if not defined FOUND python -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" >nul 2>&1 && set FOUND=python
if not defined FOUND (
  echo Python 3.11, 3.12 or 3.13 is needed; get it from https://www.python.org/downloads/ and start this again.
  pause
  exit /b 1
)
fc /b requirements.lock .venv\installed.lock >nul 2>&1
if errorlevel 1 (
  echo Installing, once; this takes some minutes.
  if not exist .venv\Scripts\python.exe %FOUND% -m venv .venv || goto failed
  .venv\Scripts\python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock || goto failed
  copy /y requirements.lock .venv\installed.lock >nul
)
.venv\Scripts\python serve.py %*
if not errorlevel 1 exit /b 0
:failed
pause
exit /b 1
