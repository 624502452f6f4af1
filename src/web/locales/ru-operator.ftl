# Слова страниц операторов по-русски; те же ключи стоят в en-operator.ftl.

op-sign-in = Вход для оператора
op-home = Как идут дела
op-waiting = Что ждёт человека
op-waiting-calls = вызовы на разбор
op-waiting-review = выводы на одобрение
op-waiting-attention = выводы, которым нужна помощь
op-waiting-claims = открытые обращения
op-signs = Остатки: больше нуля — наше или то, что должны мы, меньше нуля — то, что должны нам.
op-unsealed = { $count ->
    [one] { $count } проводка ждёт печати и в них ещё не вошла.
    [few] { $count } проводки ждут печати и в них ещё не вошли.
   *[many] { $count } проводок ждут печати и в них ещё не вошли.
}
op-shoppers = Что есть у покупателей
op-partners = Что должны партнёры
op-others = Банки и сервис
op-account-shoppers-pending = Ждут магазинов
op-account-shoppers-confirmed = Подтверждено, на удержании
op-account-shoppers-available = Можно вывести
op-account-shoppers-in-payout = В выводах
op-account-shoppers-debt = Долги
op-account-house-margin = Наша доля
op-account-house-margin-pending = Наша доля, ещё не подтверждена
op-account-house-fees = Комиссии за вывод
op-calls = Вызовы партнёров
op-calls-waiting = Ждут
op-calls-all = Все
op-calls-none = Ничто не ждёт.
op-call = Вызов
op-call-first = Это повтор другого вызова
op-call-later = Его решил более поздний повтор
op-report = Сообщение
op-report-status = Партнёр говорит
op-report-verdict = Что с ним стало
op-report-commission = Комиссия
op-rerun = Выполнить снова
op-rerun-text = Вызов будет прочитан и решён заново, с нынешними адаптером и настройками.
op-rerun-trusted = Ручаюсь за него: без проверки подлинности
op-reason = Причина, для журнала
flash-call-rerun = Вызов выполнен снова. Вот что вышло.
op-payouts-review = На одобрение
op-payouts-attention = Нужна помощь
op-payouts-all = Все
op-payouts-none = Таких нет.
op-provider = Банк
op-sends = Отправок
op-shopper = Покупатель
op-decide = Решение
op-approve = Отпустить { $amount }
op-decline = Отклонить
op-decline-reason = Причина, для покупателя
flash-payout-approved = Вывод отправляется.
flash-payout-declined = Вывод отклонён, деньги вернулись покупателю.
invalid-reason = Напишите причину, до 500 знаков.
op-why-review = Ждёт одобрения.
op-why-key_window_closed = Банк его не знает и забыл ключ: повтор мог бы заплатить дважды.
op-why-never_sent = Банк говорит о нём, но его не отправляли.
op-why-two_references = Банк называет для него второй номер.
op-why-paid_after_release = Банк принял или выплатил его, когда деньги уже вернулись.
op-why-failed_after_paid = Банк говорит «не прошёл» после «выплачен».
op-why-other_amount = Банк говорит о другой сумме.
op-why-our_side = Банк отказывает нам: доступ или остаток.
op-why-shopper_blocked = Покупателя заблокировали до отправки.
op-why-job_given_up = Задача, которая его ведёт, слишком часто не удавалась.
