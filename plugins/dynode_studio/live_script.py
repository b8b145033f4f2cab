"""The browser's side of `Live`: values of sliders go out, pictures come in, nothing else is drawn anew."""

from __future__ import annotations

LIVE_SCRIPT = """<script>
window.dynodeLive = (() => {
  const MOST_ASKED = 2;  // one is drawn while the other is shown
  let socket, asked = 0, answered = 0, waiting = null;
  const isOpen = () => socket && socket.readyState === WebSocket.OPEN;
  const box = () => document.querySelector('.portrait');
  function ask() {
    if (!waiting || !isOpen() || (!waiting.released && asked - answered >= MOST_ASKED)) return;
    asked += 1;
    socket.send(JSON.stringify({...waiting, number: asked}));
    waiting = null;
  }
  function stand(number) {
    box().setAttribute('aria-busy', 'false');
    if (isOpen()) socket.send(JSON.stringify({seen: number}));
  }
  function show(told, content) {
    const image = document.querySelector(`img[data-name=${told.name}]`), old = image.src;
    image.onload = () => {
      if (told.is_final && told.name === 'after') stand(told.number);
    };
    image.src = URL.createObjectURL(new Blob([content], {type: 'image/jpeg'}));
    if (old.startsWith('blob:')) URL.revokeObjectURL(old);  // shown or not
  }
  function take(event) {
    const bytes = new Uint8Array(event.data), end = bytes.indexOf(10);
    const told = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    answered = Math.max(answered, told.number);
    if (!told.is_final) box().setAttribute('aria-busy', 'true');
    if (end + 1 < bytes.length) show(told, bytes.subarray(end + 1));
    else if (told.is_final) stand(told.number);
    ask();
  }
  function open(path) {
    socket = new WebSocket(location.origin.replace('http', 'ws') + path);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => { answered = asked; ask(); };
    socket.onmessage = take;
    socket.onclose = (event) => { if (event.code !== 1008) setTimeout(() => open(path), 1000); };
  }
  function move(slider, value, figure) {
    const field = getElement(figure)?.$el?.querySelector?.('input');
    if (field) field.value = value.toFixed(2);
    waiting = {slider, value, released: false};
    ask();
  }
  function release(slider, value) {
    if (!isOpen()) return false;
    waiting = {slider, value, released: true};
    ask();
    return true;
  }
  return {open, move, release};
})();
</script>"""
