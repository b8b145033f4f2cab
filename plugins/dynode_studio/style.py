"""How the page looks; nothing is loaded from elsewhere."""

from __future__ import annotations

STYLE = """
.nicegui-content { padding: 0; gap: 0; align-items: stretch; }
.top { display: flex; align-items: center; gap: .75rem; padding: .4rem 1rem;
  border-bottom: 1px solid rgba(128,128,128,.3); }
.top .name { font-weight: 700; font-size: 1.1rem; }
.space { flex: 1; }
.quiet { opacity: .72; font-size: .85rem; }
.wrong { color: #c62828; padding: 1rem; }
.desk { display: grid; grid-template-columns: minmax(260px, 5fr) minmax(320px, 6fr); gap: 1.25rem;
  padding: 1rem; max-width: 1280px; margin: 0 auto; width: 100%; box-sizing: border-box; }
.seen { position: sticky; top: .5rem; align-self: start; display: flex; flex-direction: column; gap: .4rem; }
.seen .portrait { max-width: min(100%, max(260px, 100vh - 24rem)); margin: 0 auto; }
.seen .line { gap: 1rem; } .job { padding: .15rem 0; }
.controls { display: flex; flex-direction: column; gap: .75rem; min-width: 0; }
@media (max-width: 760px) {
  .desk { grid-template-columns: minmax(0, 1fr); padding: .5rem; gap: .4rem; }
  .seen { display: contents; } html { scroll-padding-top: 46vh; }
  .seen .portrait { max-width: 46vh; position: sticky; top: 0; z-index: 5; border-radius: 0;
    background: var(--ground); box-shadow: -46vh 0 var(--ground), 46vh 0 var(--ground); }
  .top { padding: .2rem .5rem; } .top .name { white-space: nowrap; }
}
body { --ground: #fff; } body.body--dark { --ground: #121212; }
.portrait { position: relative; width: 100%; aspect-ratio: 1; background: rgba(128,128,128,.15);
  border-radius: 8px; overflow: hidden; }
.portrait img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.card { border: 1px solid rgba(128,128,128,.3); border-radius: 8px; padding: .6rem .9rem; }
.card > .title { font-weight: 600; margin-bottom: .25rem; }
.w-full { width: 100%; } .q-uploader__list { display: none; }
.line { display: flex; align-items: center; gap: .5rem; flex-wrap: wrap; }
.slider { display: grid; grid-template-columns: 7.5rem minmax(80px, 1fr) 3.6rem 6.5rem 6.4rem; gap: .5rem;
  align-items: center; min-height: 2.4rem; }
.slider .q-slider__track { background: linear-gradient(90deg, rgba(128,128,128,.45) 49.7%,
  currentColor 49.7%, currentColor 50.3%, rgba(128,128,128,.45) 50.3%); }
.slider .title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.slider.muted .title, .slider.muted .q-slider { opacity: .4; }
@media (max-width: 480px) { .slider { grid-template-columns: 5.5rem minmax(70px, 1fr) 4.2rem; } }
.variants { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .5rem; }
.variant { position: relative; }
.variant > button:first-child { width: 100%; height: 100%; padding: .25rem; cursor: pointer;
  display: flex; flex-direction: column; justify-content: flex-start; align-items: stretch;
  font: inherit; color: inherit; text-align: left; background: none;
  border: 1px solid rgba(128,128,128,.3); border-radius: 6px; }
.variant > button[aria-current=true] { border-color: #1976d2; box-shadow: 0 0 0 1px #1976d2; }
.variant > button:focus-visible { outline: 2px solid #ef6c00; outline-offset: 1px; }
.variant img { width: 100%; display: block; border-radius: 4px; background: rgba(128,128,128,.15); }
.variant .slot { font-weight: 600; font-size: .8rem; }
.variant .words { font-size: .72rem; line-height: 1.25; overflow-wrap: anywhere; white-space: pre-line;
  max-height: 7.5em; overflow: hidden; }
.variant > .q-btn { position: absolute; top: .4rem; right: .4rem; background: var(--ground) !important; }
.bars { display: grid; grid-template-columns: 7rem 1fr 3.5rem; gap: .1rem .5rem; align-items: center;
  font-size: .8rem; }
.bar { position: relative; height: .6rem; background: rgba(128,128,128,.18); border-radius: 3px; }
.bar > div { position: absolute; top: 0; bottom: 0; border-radius: 3px; }
.meant { background: #1976d2; } .leaked { background: #ef6c00; }
.bars .one { display: contents; }
.bars .one > :first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.quiet.of { background: none; opacity: 1; border-left: .8rem solid; padding-left: .3rem; line-height: .8rem; }
.of.meant { border-color: #1976d2; } .of.leaked { border-color: #ef6c00; }
.bars .amount { text-align: right; font-variant-numeric: tabular-nums; }
pre.told { white-space: pre-wrap; word-break: break-word; font-size: .78rem; margin: .25rem 0;
  padding: .5rem; background: rgba(128,128,128,.14); border-radius: 6px; }
"""
