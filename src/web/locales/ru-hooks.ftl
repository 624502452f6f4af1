# Исходящие вебхуки, для партнёров и операторов.
hook-title = Вебхуки
hook-more = Сообщать другим программам о событиях
hook-partner-text = Ваша программа сразу узнаёт о кликах, заказах, заявках и платежах.
hook-open = Вебхуки
hook-text = Обо всём, что случится с этого момента, ваша программа получит подписанное сообщение (Standard Webhooks): хотя бы один раз и по порядку.
hook-none = Адресов пока нет.
hook-new = Новый адрес
hook-name = Название
hook-url = Адрес
hook-url-hint = Начинается с https:// и доступен из интернета.
hook-events = О чём сообщать
hook-make = Создать
hook-save = Сохранить
hook-change = Изменить
hook-secret = Секрет
hook-secret-once = Сохраните его сейчас: он показывается один раз.
hook-secret-text = По нему ваша программа проверяет, что сообщение наше. Любая библиотека Standard Webhooks принимает его как есть.
hook-secret-old = Старый секрет подписывает тоже до
hook-secret-done = Сохранено
hook-rotate-text = После замены сообщения какое-то время подписаны обоими секретами, чтобы ни одно не было отвергнуто.
hook-keep-hours = Сколько часов подписывать и старым
hook-rotate = Новый секрет
hook-remove = Удалить
hook-remove-text = Вместе с ним удаляются его сообщения, и ожидающие тоже.
hook-test = Отправить пробное
hook-off = Выключить
hook-on = Включить
hook-failing = { $count ->
    [one] Последние попытки не дошли: { $count }. Пробуем ещё трое суток.
    [few] Последние попытки не дошли: { $count }. Пробуем ещё трое суток.
   *[many] Последние попытки не дошли: { $count }. Пробуем ещё трое суток.
}
hook-failed-text = Ожидающее уйдёт, как только вы его включите.
hook-delivered = Последнее сообщение принято
hook-delivered-never = Ещё не принял ни одного сообщения.
hook-log = Что ему сообщили
hook-log-none = Пока ничего.
hook-tries = { $count ->
    [one] { $count } попытка
    [few] { $count } попытки
   *[many] { $count } попыток
}
hook-next = Следующая попытка
hook-body = Сообщение
hook-resend = Отправить снова
hook-state-on = включён
hook-state-off = выключен
hook-state-failed = отключён
hook-reason-gone = Он ответил 410, то есть его больше нет, и был отключён.
hook-reason-unreached = Трое суток ничего не доходило, и он был отключён.
hook-message-waiting = ждёт
hook-message-delivered = дошло
hook-message-failed = не дошло
hook-event-click-recorded = Клик
hook-event-conversion-reported = Заказ сообщён
hook-event-conversion-confirmed = Заказ подтверждён
hook-event-conversion-declined = Заказ отклонён
hook-event-conversion-reversed = Заказ отозван
hook-event-conversion-changed = Заказ изменён
hook-event-conversion-available = Кешбэк доступен
hook-event-payout-requested = Вывод запрошен
hook-event-payout-paid = Вывод выплачен
hook-event-payout-failed = Вывод не прошёл
hook-event-payout-cancelled = Вывод отменён
hook-event-payout-returned = Вывод вернулся
hook-event-claim-made = Заявка подана
hook-event-claim-answered = Ответ на заявку
hook-event-partner_payment-booked = Платёж партнёра проведён
hook-event-webhook-test = Проба
flash-hook-removed = Адрес удалён.
flash-hook-tested = Пробное сообщение отправляется.
flash-hook-on = Включено: ожидавшее отправляется.
flash-hook-off = Выключено. Сообщения ждут.
flash-hook-changed = Сохранено.
flash-hook-resent = Отправляется снова.
invalid-events = Выберите хотя бы одно.
invalid-url = Должен начинаться с https:// и быть доступен из интернета.
refused-too-many-hooks = Не больше 20 адресов.
alarm-hook_off = Вебхуки на «{ $name }» отключены: трое суток ничего не доходило.
alarm-hook_off-text = Сообщите владельцу. Как только адрес включат, всё ожидавшее уйдёт.
op-action-hook-add = Добавил адрес вебхуков
op-action-hook-change = Изменил адрес вебхуков
op-action-hook-remove = Удалил адрес вебхуков
op-action-hook-rotate-secret = Сменил секрет адреса вебхуков
op-action-hook-resend = Отправил вебхук снова
